// A server as somebody writes it who runs it with "go run ." after each change.
package main

import (
	"fmt"
	"log"
	"net/http"
)

const greeting = "change 0"

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, greeting) })
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}
