package main

import (
	"fmt"
	"net/http"
	"example.com/multi/internal/store"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, store.Migrations()) })
	http.ListenAndServe(":18097", nil)
}
