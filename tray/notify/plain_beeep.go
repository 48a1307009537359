//go:build linux || windows || darwin

package notify

import (
	"fmt"

	"github.com/gen2brain/beeep"
)

// showPlain shows a notice without buttons by beeep. It may take as long as the
// desktop likes: beeep knows no time-out. The words have been cleaned.
//
// On Linux beeep uses the library's shared bus connection, which starts a bus
// of its own where the environment names none; see Desktop.plain.
func showPlain(app, title, body string, icon []byte) error {
	beeep.AppName = app // the same value each time, by the only goroutine that shows
	var ico any = ""
	if len(icon) > 0 {
		ico = icon
	}
	if err := beeep.Notify(title, body, ico); err != nil {
		return fmt.Errorf("show a plain notice: %w", err)
	}
	return nil
}
