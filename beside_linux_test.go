package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"
)

// BenchmarkListBesideSS times `list --json` and `ss -ltnp` in turn, as whole
// processes, beside crowds of processes that hold descriptors and listeners.
func BenchmarkListBesideSS(b *testing.B) {
	ss, err := exec.LookPath("ss")
	if err != nil {
		b.Skipf("ss is not installed (iproute2): %v", err)
	}
	binary, env := buildStatic(b), privately(b)
	timed := func(name string, args ...string) time.Duration {
		cmd := exec.Command(name, args...)
		cmd.Env = env
		began := time.Now()
		if err := cmd.Run(); err != nil {
			b.Fatalf("%s: %v", name, err)
		}
		return time.Since(began)
	}
	for _, c := range []crowd{{}, {processes: 270, descriptors: 50, listeners: 40, listening: 30}, {processes: 270, descriptors: 20, listeners: 200, listening: 200}} {
		b.Run(c.String(), func(b *testing.B) {
			c.gather(b)
			var ratios []float64
			for b.Loop() {
				list := timed(binary, "list", "--json")
				ratios = append(ratios, float64(list)/float64(timed(ss, "-ltnp")))
			}
			slices.Sort(ratios)
			b.ReportMetric(ratios[len(ratios)/2], "of-ss")
		})
	}
}

// crowd is what runs beside a measurement: so many processes with that many
// descriptors each, and the listeners spread over some of them.
type crowd struct{ processes, descriptors, listeners, listening int }

func (c crowd) String() string {
	return fmt.Sprintf("%d processes of %d descriptors, %d listeners in %d", c.processes, c.descriptors, c.listeners, c.listening)
}

// gather starts the crowd; it ends with the benchmark, by its processes.
func (c crowd) gather(b *testing.B) {
	b.Helper()
	null, err := os.Open(os.DevNull)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	for i := range c.processes {
		cmd := exec.Command("sleep", strconv.Itoa(10*60)) // in case that nobody ends it
		for n := i; i < c.listening && n < c.listeners; n += c.listening {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			f, err := l.(*net.TCPListener).File()
			if err != nil {
				b.Fatal(err)
			}
			cmd.ExtraFiles = append(cmd.ExtraFiles, f)
			defer f.Close()
			defer l.Close() // the child's copy stays
		}
		for len(cmd.ExtraFiles)+3 < c.descriptors { // 3: standard input, output and error
			cmd.ExtraFiles = append(cmd.ExtraFiles, null)
		}
		start(b, cmd)
	}
}
