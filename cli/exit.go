package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"portreeve/monitor/reeve"
)

// The exit codes, part of the contract with scripts.
const (
	exitDone         = 0
	exitFailed       = 1
	exitUsage        = 2
	exitNotListening = 3
	exitRefused      = 4
	exitMute         = 5
)

// silently is an exit code where all has been said.
type silently int

func (s silently) Error() string { return fmt.Sprintf("exit code %d", int(s)) }

// choice is an error that shows between message and hint what there is to
// choose from. Its rows are clean.
type choice struct {
	error
	rows []string
}

func (c *choice) Unwrap() error { return c.error }

// report writes err, or each of those that were joined, to the error stream and
// gives the exit code: that of the first. A *reeve.Error is told in its own
// words, which are whole sentences, without what was wrapped around it.
func (a *app) report(err error) int {
	if err == nil || errors.Is(err, errReaderGone) {
		return exitDone
	}
	var code silently
	if errors.As(err, &code) {
		return int(code)
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		code := exitDone
		for _, e := range joined.Unwrap() {
			if c := a.report(e); code == exitDone {
				code = c
			}
		}
		return code
	}
	var b strings.Builder
	var answer *reeve.Error
	var rows *choice
	exit := exitFailed
	switch {
	case errors.As(err, &answer):
		exit = exitOf(answer.Code)
		fmt.Fprintf(&b, "error: %s\n", clean(answer.Message, maxSentence))
		if errors.As(err, &rows) {
			for _, row := range rows.rows {
				fmt.Fprintf(&b, "  %s\n", row)
			}
		}
		if answer.Hint != "" {
			fmt.Fprintf(&b, "hint: %s\n", clean(answer.Hint, maxSentence))
		}
	case errors.Is(err, context.Canceled):
		b.WriteString("error: interrupted\n")
	default:
		fmt.Fprintf(&b, "error: %s\n", clean(err.Error(), maxSentence))
	}
	// Where errors can't be told either there is nobody left to tell.
	_, _ = io.WriteString(a.Err, b.String())
	return exit
}

// exitOf gives the exit code of an error's code on the wire.
func exitOf(code string) int {
	switch code {
	case reeve.CodeUsage:
		return exitUsage
	case reeve.CodeNotListening:
		return exitNotListening
	case reeve.CodeDenied, reeve.CodeProtected, reeve.CodeUnsure, reeve.CodeChanged, reeve.CodeAmbiguous,
		reeve.CodeSupervised, reeve.CodeConfirm:
		return exitRefused
	}
	return exitFailed
}

func fail(code, message, hint string) error {
	return &reeve.Error{Code: code, Message: message, Hint: hint}
}

func usage(message, hint string) error { return fail(reeve.CodeUsage, message, hint) }

// quote shows what the user typed, with everything unprintable escaped.
func quote(s string) string { return strconv.Quote(s) }

// flagError words what pflag refuses. A negative number is taken for flags by
// pflag, and a flag behind an unknown command for one of the root's.
func flagError(c *cobra.Command, err error) error {
	if args := c.Flags().Args(); !c.HasParent() && len(args) > 0 {
		return noSuchCommand(c, args)
	}
	var missing *pflag.NotExistError
	if errors.As(err, &missing) {
		if _, numeric := strconv.Atoi(missing.GetSpecifiedShortnames()); numeric == nil {
			return badPort("-" + missing.GetSpecifiedShortnames())
		}
	}
	topic := strings.TrimPrefix(c.CommandPath(), c.Root().Name())
	return usage(err.Error(), "see portreeve help"+topic)
}

// errReaderGone says that nobody reads our output any more, which ends a
// command but is no failure. It is told apart from a broken connection to the
// resident, which may be EPIPE too.
var errReaderGone = errors.New("the reader of the output has gone")

// output is the output stream; its errors wrap errReaderGone where that is why.
type output struct{ io.Writer }

func (o output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if err != nil && closedPipe(err) {
		err = fmt.Errorf("%w: %w", errReaderGone, err)
	}
	return n, err
}

// print writes text at once.
func (a *app) print(text string) error {
	if _, err := io.WriteString(a.Out, text); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// printJSON writes v as one line, at once.
func (a *app) printJSON(v any) error {
	line, err := jsonLine(v)
	if err != nil {
		return fmt.Errorf("write the answer as JSON: %w", err)
	}
	return a.print(string(line))
}

// jsonLine gives v in one line of printable text that ends with a newline.
// encoding/json leaves DEL, the C1 controls and bidirectional formatting as they
// are; in a string they mean the same as \u escapes, which are safe to look at
// in a terminal. Bad UTF-8 has become U+FFFD, for JSON has no bytes.
func jsonLine(v any) ([]byte, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	raw := strings.TrimSuffix(b.String(), "\n")
	line := make([]byte, 0, len(raw)+1)
	for _, r := range raw {
		switch {
		case visible(r) || r == ' ':
			line = utf8.AppendRune(line, r)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			line = fmt.Appendf(line, `\u%04x\u%04x`, hi, lo)
		default:
			line = fmt.Appendf(line, `\u%04x`, r)
		}
	}
	return append(line, '\n'), nil
}
