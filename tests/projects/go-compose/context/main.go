// Squares a number with the help of C.
package main

// static int square(int n) { return n * n; }
import "C"

import (
	"fmt"
	"os"
	"strconv"
)

func main() {
	n, err := strconv.Atoi(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	fmt.Println(C.square(C.int(n)))
}
