package main

import (
	_ "embed"
	"fmt"
	"os"
	"strings"
)

//go:embed banner.txt
var banner string

func slug(s string) string { return strings.ReplaceAll(strings.ToLower(s), " ", "-") }

func main() {
	if len(os.Args) < 2 { fmt.Print(banner); return }
	fmt.Println(slug(strings.Join(os.Args[1:], " ")))
}
