package main

import "testing"

func TestSlug(t *testing.T) { if slug("A b") != "a-b" { t.Fatal() } }
