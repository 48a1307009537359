package supervisor

// The supervisors' own programs, run without a shell.

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// tool is the absolute path of a program.
type tool string

// lookIn finds a program in the absolute folders of a PATH.
func lookIn(path, name string) (tool, bool) {
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		file := filepath.Join(dir, name)
		if st, err := os.Stat(file); err == nil && st.Mode().IsRegular() && st.Mode()&0o111 != 0 {
			return tool(file), true
		}
	}
	return "", false
}

func (t tool) run(ctx context.Context, args []string, env ...string) error {
	_, err := t.output(ctx, args, env...)
	return err
}

// output runs the program with this environment and no other, and gives what it
// wrote. It ends with ctx. What an error tells of it is its last line.
func (t tool) output(ctx context.Context, args []string, env ...string) (string, error) {
	var out bounded
	cmd := exec.CommandContext(ctx, string(t), args...)
	cmd.Dir = "/"
	cmd.Env = append([]string{"LANG=C.UTF-8"}, env...)
	cmd.Stdout, cmd.Stderr = &out, &out
	// Its children may keep the pipe open.
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		return "", fmt.Errorf("run %s: %w: %s", filepath.Base(string(t)), err, quoted(lines[len(lines)-1]))
	}
	return out.String(), nil
}

// bounded keeps the beginning of what is written to it.
type bounded struct{ b bytes.Buffer }

func (b *bounded) String() string { return b.b.String() }

func (b *bounded) Write(p []byte) (int, error) {
	const most = 64 << 10
	if room := most - b.b.Len(); room > 0 {
		b.b.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
