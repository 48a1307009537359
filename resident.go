package main

import (
	"context"
	"fmt"
	"io"

	"portreeve/monitor/localapi"
	"portreeve/monitor/reeve"
	"portreeve/monitor/store"
)

func resident(ctx context.Context, out io.Writer) error {
	dirs, err := store.UserDirs()
	if err != nil {
		return err
	}
	s := store.Open(dirs)
	m, err := newMonitor(s, true)
	if err != nil {
		return err
	}
	kids := &children{}
	r := reeve.New(reeve.Options{Version: versionText(), Monitor: m, Store: s, Words: words(), Resident: true, OpenWindow: kids.openWindow, Example: kids.example})
	box := m.Subscribe(0)
	go r.Keep(ctx, box)
	l, err := localapi.Listen(dirs.Runtime)
	if err != nil {
		return err
	}
	go localapi.Serve(ctx, l, r)
	fmt.Fprintln(out, "portreeve: here")
	return m.Run(ctx)
}
