// Package e2e runs the real program in real desktops: an X server, a session
// bus, a tray host and a notification daemon of its own for each of XFCE, LXQt
// and GNOME Shell, with a real mouse. It holds tests only, behind the build tag
// e2e, since they need those desktops installed:
//
//	go test -count=1 -tags e2e ./e2e
//
// What users live through is in scenario_test.go; begin there. How often they
// are spoken to in a day is in day_test.go, with real servers and no desktop. The tests build
// the program themselves unless E2E_PROGRAM names a folder that has it, and so
// go test can't know that it changed: hence -count=1. The pictures that they
// take are kept in the folder that E2E_SHOTS names, e2e/shots without it.
package e2e
