//go:build !linux

package process

// What is known of a process where there is no /proc: all of it by gopsutil.

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	gops "github.com/shirou/gopsutil/v3/process"

	"portreeve/monitor/socket"
)

const maxParents = 32

// Describe tells what is known of one process. The error wraps ErrGone when
// there is none of that number. What the platform does not tell is left empty.
func Describe(ctx context.Context, pid int32) (Info, error) {
	if ok, err := gops.PidExistsWithContext(ctx, pid); err == nil && !ok {
		return Info{}, fmt.Errorf("describe process %d: %w", pid, ErrGone)
	}
	birth, err := birthOf(ctx, pid)
	if err != nil {
		return Info{}, err
	}
	p := &gops.Process{Pid: pid}
	info := Info{ID: ID{PID: pid, Birth: birth}, UID: socket.NoUID, Started: time.UnixMilli(int64(birth))}
	info.Exe, _ = p.ExeWithContext(ctx)
	info.File = exeFileAt(info.Exe)
	info.Dir, _ = p.CwdWithContext(ctx)
	info.User, _ = p.UsernameWithContext(ctx)
	if uids, err := p.UidsWithContext(ctx); err == nil && len(uids) > 0 {
		info.UID = uint32(uids[0])
	}
	if args, err := p.CmdlineSliceWithContext(ctx); err == nil {
		info.Args = capArgs(args)
	}
	info.Name = nameOf(ctx, p, info.Exe)
	info.Parents = parentsOf(ctx, p)
	info.Origin = originAmong(info.Parents)
	return info, nil
}

// birthOf gives the creation time in milliseconds since 1970. The error wraps
// ErrGone when there is no such process.
func birthOf(ctx context.Context, pid int32) (uint64, error) {
	ms, err := (&gops.Process{Pid: pid}).CreateTimeWithContext(ctx)
	if err == nil && ms > 0 {
		return uint64(ms), nil
	}
	if ok, existsErr := gops.PidExistsWithContext(ctx, pid); existsErr == nil && !ok {
		err = ErrGone
	}
	if err == nil {
		err = ErrUnsure
	}
	return 0, fmt.Errorf("read process %d: %w", pid, err)
}

func nameOf(ctx context.Context, p *gops.Process, exe string) string {
	if exe != "" {
		return strings.TrimSuffix(filepath.Base(exe), ".exe")
	}
	name, _ := p.NameWithContext(ctx)
	return name
}

// capArgs bounds a command line as parseCmdline does.
func capArgs(args []string) []string {
	if len(args) > maxArgs {
		args = args[:maxArgs]
	}
	left := maxArgBytes
	for i, a := range args {
		if len(a) > left {
			cut := append([]string(nil), args[:i+1]...)
			cut[i] = a[:left]
			return cut
		}
		left -= len(a)
	}
	return args
}

// parentsOf follows the chain upwards; a parent that is younger than its child
// is another process that got a dead parent's number.
func parentsOf(ctx context.Context, p *gops.Process) []Ancestor {
	var chain []Ancestor
	born, err := birthOf(ctx, p.Pid)
	if err != nil {
		return nil
	}
	for len(chain) < maxParents {
		ppid, err := p.PpidWithContext(ctx)
		if err != nil || ppid <= 1 {
			break
		}
		birth, err := birthOf(ctx, ppid)
		if err != nil || birth > born {
			break
		}
		p, born = &gops.Process{Pid: ppid}, birth
		exe, _ := p.ExeWithContext(ctx)
		chain = append(chain, Ancestor{ID: ID{PID: ppid, Birth: birth}, Name: nameOf(ctx, p, exe)})
	}
	return chain
}

// originAmong tells the origin by the names of the parents; sessions and units
// are not asked for here.
func originAmong(parents []Ancestor) Origin {
	l := lineage{environ: func() []byte { return nil }, alive: func(role) ID { return ID{} }}
	for _, a := range parents {
		l.parents = append(l.parents, relative{ID: a.ID, role: roleOf(a.Name, nil)})
	}
	return l.origin()
}

// aged gives an origin as it is now: a process that it lasts for may have ended.
func (o Origin) aged(ctx context.Context) Origin {
	if !o.Live() {
		return o
	}
	for _, id := range o.until {
		if id == (ID{}) {
			continue
		}
		if birth, err := birthOf(ctx, id.PID); errors.Is(err, ErrGone) || err == nil && birth != id.Birth {
			o.Ended = true
		}
	}
	return o
}
