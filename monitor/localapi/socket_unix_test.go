//go:build unix

package localapi

import (
	"net"
	"os"
	"path/filepath"
	"testing"
)

func TestTheSocketIsItsUsersOwn(t *testing.T) {
	_, _, dir := serve(t)
	fi, err := os.Stat(filepath.Join(dir, socketName))
	if err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v, %v, want 0600", fi.Mode().Perm(), err)
	}
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if samePeer(a) {
		t.Error("a connection whose maker is not known was let in")
	}
}
