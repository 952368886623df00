// A server that greets, and tells the offset of its time zone.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"example.com/greeter/internal/greeting"
)

func main() {
	http.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) {
		winter := time.Date(2024, 1, 1, 0, 0, 0, 0, time.Local)
		fmt.Fprintf(w, "%s %s %d\n", greeting.For(r.URL.Query().Get("name")), winter.Format("-0700"), os.Getuid())
	})
	log.Fatal(http.ListenAndServe(":"+os.Getenv("PORT"), nil))
}
