//go:build e2e && linux

package e2e

import (
	"net"
	"net/netip"
	"os/exec"
	"testing"
	"time"
)

// stranger is the address of the issue that every scenario asks about.
var stranger = netip.MustParseAddrPort("127.0.0.1:62893")

// startServer starts a program in a folder of its own and waits until it
// answers at the address.
func startServer(t testing.TB, d *Desktop, folder string, at netip.AddrPort, name string, args ...string) *child {
	t.Helper()
	command := exec.Command(name, args...)
	command.Env = d.env
	command.Dir = folder
	server := startChild(t, d.logs, command)
	waitFor(t, 20*time.Second, name+" to answer at "+at.String(), func() bool { return answers(at) })
	return server
}

// startWebServer starts the server that people know, python3 -m http.server, as
// people do: from a shell.
func startWebServer(t testing.TB, d *Desktop, folder string, at netip.AddrPort) *child {
	t.Helper()
	// The exit keeps the shell from becoming the server.
	return startServer(t, d, folder, at, "bash", "-c",
		"python3 -m http.server --bind "+at.Addr().String()+" "+portText(at)+"; exit $?")
}

// portText is the port of an address in digits.
func portText(at netip.AddrPort) string {
	_, port, _ := net.SplitHostPort(at.String())
	return port
}

// answers reports whether something takes connections at the address. Trying to
// listen there would tell the same, but be a listener itself for a moment.
func answers(at netip.AddrPort) bool {
	conn, err := net.DialTimeout("tcp", at.String(), time.Second)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}
