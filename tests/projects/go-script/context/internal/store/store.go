package store

import "os"

func Migrations() []string {
	es, _ := os.ReadDir("/srv/app/migrations")
	var r []string
	for _, e := range es { r = append(r, e.Name()) }
	return r
}
