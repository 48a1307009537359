package tray

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"portreeve/monitor/reeve"
)

// outside does what belongs to the desktop and not to Portreeve, by the
// programs that a desktop has for it. No shell ever sees the texts.
type outside struct {
	copiers  [][]string // commands that take the text on standard input
	openers  [][]string // commands that take the URL as their last argument
	copyHint string
	openHint string
	look     func(string) (string, error) // exec.LookPath
}

// desktopPrograms gives the programs of this platform and session.
func desktopPrograms() outside { return programsFor(runtime.GOOS, os.Getenv) }

func programsFor(goos string, getenv func(string) string) outside {
	o := outside{look: exec.LookPath}
	switch goos {
	case "windows":
		o.copiers = [][]string{{"clip.exe"}}
		o.openers = [][]string{{"rundll32.exe", "url.dll,FileProtocolHandler"}}
	case "darwin":
		o.copiers = [][]string{{"pbcopy"}}
		o.openers = [][]string{{"open"}}
	default:
		if getenv("WAYLAND_DISPLAY") != "" {
			o.copiers = append(o.copiers, []string{"wl-copy"})
		}
		if getenv("DISPLAY") != "" {
			o.copiers = append(o.copiers, []string{"xclip", "-selection", "clipboard"}, []string{"xsel", "--clipboard", "--input"})
		}
		o.openers = [][]string{{"xdg-open"}, {"gio", "open"}}
		o.copyHint = "install xclip or wl-clipboard"
		o.openHint = "install xdg-utils"
	}
	return o
}

// copyText puts text on the clipboard.
func (o outside) copyText(ctx context.Context, text string) error {
	return o.run(ctx, o.copiers, text, nil, &reeve.Error{Code: reeve.CodeFailed,
		Message: "no program for the clipboard was found", Hint: o.copyHint})
}

// browse opens a URL in the user's browser. It may last as long as that runs.
func (o outside) browse(ctx context.Context, url string) error {
	return o.run(ctx, o.openers, "", []string{url}, &reeve.Error{Code: reeve.CodeFailed,
		Message: "no program that opens the browser was found", Hint: o.openHint})
}

// run runs the first of the commands that is there, to its end. Clipboard
// programs leave a child behind that serves the selection; it is no concern.
func (o outside) run(ctx context.Context, commands [][]string, input string, more []string, none error) error {
	for _, c := range commands {
		path, err := o.look(c[0])
		if err != nil {
			continue
		}
		args := append(append([]string{}, c[1:]...), more...)
		command := exec.CommandContext(ctx, path, args...)
		command.Stdin = strings.NewReader(input)
		if err := command.Run(); err != nil {
			return fmt.Errorf("run %s: %w", c[0], err)
		}
		return nil
	}
	return none
}
