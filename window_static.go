//go:build !cgo || nogl

package main

import (
	"context"

	"portreeve/monitor/localapi"
	"portreeve/monitor/reeve"
)

const hasWindow = false

// openWindow runs the sibling that has the window, in place of this program.
func openWindow(_ context.Context, _ *localapi.Client, show reeve.ShowRequest) error {
	sibling, ok := windowBinary()
	if !ok {
		return errNoWindow
	}
	return become(sibling, append([]string{"window"}, windowFlags(show)...))
}
