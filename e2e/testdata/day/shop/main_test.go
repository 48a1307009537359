package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"
)

// TestFiftyServers leaves its servers open until the file that DONE names
// appears, as one does that waits for what it tests.
func TestFiftyServers(t *testing.T) {
	for range make([]int, 50) {
		defer httptest.NewServer(http.NotFoundHandler()).Close()
	}
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(os.Getenv("DONE")); err == nil {
			return
		}
	}
	t.Fatal("nobody said that it is done")
}
