//go:build !cgo || nogl

package window

import (
	"context"
	"errors"

	"portreeve/monitor/reeve"
)

// errNone tells that this binary was built without a window.
var errNone = errors.New("open window: this portreeve was built without one; " +
	"use portreeve list and portreeve watch, or build it with cgo: CGO_ENABLED=1 go build")

// Open returns an error: this binary has no window. It exists so that the rest
// builds and is tested without cgo. A program that is to stay small does not
// import this package at all: Fyne's fonts and widgets come along with it.
func Open(context.Context, Verbs, reeve.ShowRequest) error { return errNone }
