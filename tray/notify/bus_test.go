package notify

import (
	"net"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func TestTheBusIsFoundByTheEnvironment(t *testing.T) {
	dir, err := os.MkdirTemp("", "pn")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	l, err := net.Listen("unix", filepath.Join(dir, "bus"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	socket := "unix:path=" + filepath.Join(dir, "bus")
	for _, c := range []struct{ name, address, run, want string }{
		{"the variable comes first", "unix:path=/x", dir, "unix:path=/x"},
		{"else the runtime folder's socket", "", dir, socket},
		{"autolaunch is passed over", "autolaunch:", dir, socket},
		{"autolaunch is taken out of a list", "autolaunch:;unix:abstract=a", "", "unix:abstract=a"},
		{"runtime=yes means the runtime folder", "unix:runtime=yes", dir, socket},
		{"a runtime folder without a socket", "", os.TempDir(), ""},
		{"nothing at all", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := findBus(func(k string) string {
				return map[string]string{"DBUS_SESSION_BUS_ADDRESS": c.address, "XDG_RUNTIME_DIR": c.run}[k]
			})
			if got != c.want || (err == nil) != (c.want != "") {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestAddressesNameTheirSockets(t *testing.T) {
	got := sockets("tcp:host=x;unix:path=/run/a%20b,guid=1;unix:abstract=/tmp/c;unix:")
	if want := []string{"/run/a b", "@/tmp/c"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
