package cli

import (
	"os"
	"runtime"

	"golang.org/x/term"
)

// terminal is what is known of the streams. The zero value is that of a script:
// no colours, no width, no questions.
type terminal struct {
	// width is the number of cells in a line of the output, 0 for unbounded.
	width int
	// colour tells that the output may be coloured.
	colour bool
	// asks tells that a person sits at the input and sees the question.
	asks bool
}

func terminalOf(s Streams) terminal {
	var t terminal
	if fd, ok := descriptor(s.Out); ok && term.IsTerminal(fd) {
		if w, _, err := term.GetSize(fd); err == nil {
			t.width = w
		}
		t.colour = colourful()
	}
	in, ok := descriptor(s.In)
	t.asks = ok && term.IsTerminal(in)
	return t
}

// colourful follows no-color.org, and leaves colours to the terminals that are
// known to understand them.
func colourful() bool {
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	// The old console of Windows prints the escapes; Windows Terminal doesn't.
	return runtime.GOOS != "windows" || os.Getenv("WT_SESSION") != ""
}

func descriptor(stream any) (int, bool) {
	f, ok := stream.(interface{ Fd() uintptr })
	if !ok {
		return 0, false
	}
	return int(f.Fd()), true
}
