//go:build !linux

package main

import (
	"context"

	"portreeve/monitor/process"
	"portreeve/monitor/reeve"
)

// elevate has no way here: the platform's own dialogues can't hand on that it
// is exactly this process.
func elevate() func(context.Context, reeve.StopRequest) (process.Outcome, error) { return nil }
