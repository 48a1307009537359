//go:build cgo && !nogl

package main

import (
	"context"

	"portreeve/monitor/localapi"
	"portreeve/monitor/reeve"
	"portreeve/tray/window"
)

const hasWindow = true

func openWindow(ctx context.Context, c *localapi.Client, show reeve.ShowRequest) error {
	return window.Open(ctx, c, show)
}
