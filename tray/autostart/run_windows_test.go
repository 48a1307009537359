package autostart

import (
	"testing"

	"golang.org/x/sys/windows/registry"
)

func TestTheRunValueComesAndGoes(t *testing.T) {
	e, err := Open(`C:\Program Files\Portreeve\portreeve-window.exe`)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Set(false); err != nil {
			t.Error(err)
		}
	})
	want := func(want bool) {
		t.Helper()
		if got, err := e.On(); err != nil || got != want {
			t.Errorf("on: got %v, %v, want %v", got, err, want)
		}
	}
	for _, on := range []bool{false, true, true, false, false, true} {
		if err := e.Set(on); err != nil {
			t.Fatalf("set %v: %v", on, err)
		}
		want(on)
	}
	approved, _, err := registry.CreateKey(registry.CURRENT_USER, approvedKey, registry.SET_VALUE)
	if err != nil {
		t.Fatal(err)
	}
	defer approved.Close()
	if err := approved.SetBinaryValue(valueName, []byte{3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}); err != nil {
		t.Fatal(err)
	}
	want(false) // as Task Manager switches it off
	if err := e.Set(true); err != nil {
		t.Fatal(err)
	}
	want(true)
}
