//go:build manual

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"portreeve/cli"
)

// manualCommands gives the command that writes the manual's pages into a
// folder. It stands here because the commands of this room belong into the
// manual, too; packaging/stage.sh runs it. Programs for users are built without
// it: what makes the pages costs 1 MB.
func manualCommands() []*cobra.Command {
	return []*cobra.Command{{
		Use:    "manual FOLDER",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE:   func(_ *cobra.Command, args []string) error { return writeManual(args[0]) },
	}}
}

func writeManual(folder string) error {
	root := cli.New(cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, cli.Config{
		Version: versionText(),
		Bare:    func(context.Context) error { return nil },
		Extra:   []*cobra.Command{windowCommand(), exampleCommand()},
	})
	root.DisableAutoGenTag = true
	// Pages bear the date of the source, so that the same source gives the same.
	at, err := time.Parse(time.RFC3339, build().Date)
	if err != nil {
		return fmt.Errorf("date the manual: %w", err)
	}
	return writePages(root, folder, doc.GenManHeader{
		Section: "1", Date: &at, Source: "Portreeve " + versionText(), Manual: "Portreeve's manual",
	})
}

func writePages(c *cobra.Command, folder string, header doc.GenManHeader) error {
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() && c.Name() != "completion" {
			if err := writePages(sub, folder, header); err != nil {
				return err
			}
		}
	}
	name := strings.ReplaceAll(c.CommandPath(), " ", "-")
	header.Title = name
	var page bytes.Buffer
	if err := doc.GenMan(c, &header, &page); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".1"), page.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
