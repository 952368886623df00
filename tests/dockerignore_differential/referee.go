// What moby's and buildah's own libraries make of a .dockerignore, for tests/dockerignore_differential.rs.
//
// On Debian 12, with golang-go, golang-github-moby-patternmatcher-dev, golang-github-docker-docker-dev and
// golang-github-containers-storage-dev:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go build -o referee referee.go
//
// One JSON object a line comes in, one goes out. The walk is that of BuildKit's client: what matched a folder is
// handed down, and a hidden folder is entered only where an exception could reach into it.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"strings"

	fileutils "github.com/containers/storage/pkg/fileutils"
	"github.com/moby/buildkit/frontend/dockerfile/dockerignore"
	"github.com/moby/patternmatcher"
)

type question struct {
	File    []int
	Entries []struct {
		Path   []int
		Folder bool
	}
}

func text(codes []int) string {
	out := make([]byte, len(codes))
	for i, code := range codes {
		out[i] = byte(code)
	}
	return string(out)
}

// sent makes of patterns what comes out where they are handed to another process: there are no bytes that are not UTF-8.
func sent(patterns *[]string) bool {
	message, err := json.Marshal(*patterns)
	return err == nil && json.Unmarshal(message, patterns) == nil
}

func parent(path string) string {
	return strings.TrimSuffix(path[:strings.LastIndex("/"+path, "/")], "/")
}

func head(pattern *patternmatcher.Pattern) string {
	return strings.TrimSuffix(strings.TrimSuffix(pattern.String(), "/**"), "/*")
}

// enters says whether an exception could show something in a hidden folder.
func enters(matcher *patternmatcher.PatternMatcher, folder string) bool {
	reached := false
	for _, pattern := range matcher.Patterns() {
		if pattern.Exclusion() {
			if strings.ContainsAny(head(pattern), "*[]?^\\") {
				return true
			}
			reached = reached || strings.HasPrefix(head(pattern)+"/", folder+"/")
		}
	}
	return reached
}

func buildkit(asked question) *string {
	patterns, err := dockerignore.ReadAll(bytes.NewReader([]byte(text(asked.File))))
	if err != nil {
		return nil
	}
	if !sent(&patterns) {
		return nil
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return nil
	}
	known := map[string]patternmatcher.MatchInfo{}
	closed := map[string]bool{}
	seen := ""
	for _, entry := range asked.Entries {
		path := text(entry.Path)
		if closed[parent(path)] {
			closed[path] = true
			seen += "0"
			continue
		}
		hidden, info, err := matcher.MatchesUsingParentResults(path, known[parent(path)])
		if err != nil {
			return nil
		}
		if entry.Folder {
			known[path] = info
			closed[path] = hidden && !enters(matcher, path)
		}
		if hidden {
			seen += "0"
		} else {
			seen += "1"
		}
	}
	return &seen
}

func buildah(asked question) *string {
	var patterns []string
	for _, line := range strings.Split(text(asked.File), "\n") {
		if line != "" && line[0] != '#' && strings.Trim(line, "/") != "" {
			patterns = append(patterns, strings.Trim(line, "/"))
		}
	}
	if _, err := fileutils.NewPatternMatcher(patterns); err != nil {
		return nil
	}
	if !sent(&patterns) {
		return nil
	}
	matcher, err := fileutils.NewPatternMatcher(patterns)
	if err != nil {
		return nil
	}
	closed := map[string]bool{}
	seen := ""
	for _, entry := range asked.Entries {
		path := text(entry.Path)
		if closed[parent(path)] {
			closed[path] = true
			seen += "0"
			continue
		}
		hidden, err := matcher.Matches(path)
		if err != nil {
			return nil
		}
		closed[path] = entry.Folder && hidden
		for _, pattern := range matcher.Patterns() {
			if pattern.Exclusion() && strings.HasPrefix(strings.Trim(pattern.String(), "/")+"/", path) {
				closed[path] = false
			}
		}
		if hidden {
			seen += "0"
		} else {
			seen += "1"
		}
	}
	return &seen
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var asked question
		if err := json.Unmarshal(line, &asked); err != nil {
			panic(err)
		}
		out.Encode(map[string]*string{"buildkit": buildkit(asked), "buildah": buildah(asked)})
	}
}
