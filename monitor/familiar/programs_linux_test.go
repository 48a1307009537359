package familiar

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"portreeve/monitor/process"
)

// The programs here are real ones: what the kernel says of them is what
// subjects are made of. Each prints its process number and where its own
// executable is, as it sees it itself, and waits for the end of its input.

// TestMain lets this binary be such a program.
func TestMain(m *testing.M) {
	if os.Getenv("FAMILIAR_TEST_PROGRAM") != "" {
		fmt.Println(os.Getpid(), "-")
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// watched starts a program and gives the facts of the process that printed its
// number, and the executable that it named.
func watched(t *testing.T, cmd *exec.Cmd) (process.Info, string) {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs strings.Builder
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // ends it, and so what started it
		_ = cmd.Wait() // says how it ended, which does not matter
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = in.Close()
		t.Fatalf("%s printed nothing: %v\n%s", cmd, err, &errs)
	}
	number, exe, _ := strings.Cut(strings.TrimSpace(line), " ")
	pid, err := strconv.Atoi(number)
	if err != nil {
		t.Fatalf("%s printed %q, want its process number", cmd, line)
	}
	info, err := process.Describe(t.Context(), int32(pid))
	if err != nil {
		t.Fatal(err)
	}
	return info, exe
}

// need gives the path of a program, or skips.
func need(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// realDir is a folder of the test's, as the kernel names it.
func realDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

const pythonProgram = "import os, sys\nprint(os.getpid(), os.path.realpath(sys.executable), flush=True)\nsys.stdin.read()\n"

func TestRealInterpretersAreKnownByWhatTheyRun(t *testing.T) {
	for name, c := range map[string]struct {
		program string
		text    string
		file    string
		args    func(file string) []string
		want    func(dir, file, exe string) Subject
	}{
		"a python script": {"python3", pythonProgram, "serve.py",
			func(f string) []string { return []string{"-u", f} },
			func(_, file, exe string) Subject { return Subject{Exe: exe, Script: file} }},
		"a python script named from its folder": {"python3", pythonProgram, "serve.py",
			func(string) []string { return []string{"serve.py"} },
			func(_, file, exe string) Subject { return Subject{Exe: exe, Script: file} }},
		"a python module": {"python3", pythonProgram, "shop.py",
			func(string) []string { return []string{"-m", "shop"} },
			func(dir, _, exe string) Subject { return Subject{Exe: exe, Module: "shop", Dir: dir} }},
		"python code": {"python3", pythonProgram, "x",
			func(string) []string { return []string{"-c", pythonProgram} },
			func(dir, _, exe string) Subject { return Subject{Exe: exe, Script: Inline, Dir: dir} }},
		"a node script": {"node", "console.log(process.pid, require('fs').realpathSync(process.execPath)); process.stdin.resume()", "serve.js",
			func(f string) []string { return []string{"--no-warnings", f} },
			func(_, file, exe string) Subject { return Subject{Exe: exe, Script: file} }},
		"a node program of the project's modules": {"node", "console.log(process.pid, require('fs').realpathSync(process.execPath)); process.stdin.resume()", "node_modules/.bin/vite",
			func(f string) []string { return []string{f} },
			func(dir, file, exe string) Subject { return Subject{Exe: exe, Script: file, Dir: dir} }},
		"a java source file": {"java", "class Serve { public static void main(String[] a) throws Exception { System.out.println(ProcessHandle.current().pid() + \" \" + java.nio.file.Path.of(ProcessHandle.current().info().command().get()).toRealPath()); System.in.read(); } }", "Serve.java",
			func(f string) []string { return []string{"-Xshare:auto", "-XX:TieredStopAtLevel=1", f} },
			func(dir, file, exe string) Subject { return Subject{Exe: exe, Module: file, Dir: dir} }},
		"a bash script": {"bash", "echo $$ $(readlink /proc/$$/exe); read -r _\n", "serve.sh",
			func(f string) []string { return []string{f} },
			func(_, file, exe string) Subject { return Subject{Exe: exe, Script: file} }},
		"a perl script": {"perl", "$| = 1; print \"$$ \" . readlink(\"/proc/$$/exe\") . \"\\n\"; <STDIN>;", "serve.pl",
			func(f string) []string { return []string{"-w", f} },
			func(_, file, exe string) Subject { return Subject{Exe: exe, Script: file} }},
	} {
		t.Run(name, func(t *testing.T) {
			program, dir := need(t, c.program), realDir(t)
			file := write(t, filepath.Join(dir, c.file), c.text)
			cmd := exec.Command(program, c.args(file)...)
			cmd.Dir = dir
			info, exe := watched(t, cmd)
			if got, want := SubjectOf(listening("127.0.0.1:1", info)), c.want(dir, file, exe); got != want {
				t.Errorf("got  %+v\nwant %+v\nof %q", got, want, info.Args)
			}
		})
	}
}

func TestAVirtualEnvironmentsScriptIsKnownInItsFolder(t *testing.T) {
	python, dir := need(t, "python3"), realDir(t)
	venv := filepath.Join(dir, ".venv")
	if out, err := exec.Command(python, "-m", "venv", "--without-pip", venv).CombinedOutput(); err != nil {
		t.Skipf("python makes no virtual environment here: %v\n%s", err, out)
	}
	script := write(t, filepath.Join(venv, "bin", "serve"), "#!"+venv+"/bin/python3\n"+pythonProgram)
	cmd := exec.Command(script)
	cmd.Dir = dir
	info, exe := watched(t, cmd)
	if got, want := SubjectOf(listening("127.0.0.1:1", info)), (Subject{Exe: exe, Script: script, Dir: dir}); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestARealScriptBehindALinkIsOneWithItsFile(t *testing.T) {
	python, dir := need(t, "python3"), realDir(t)
	file := write(t, filepath.Join(dir, "node_modules", "serve", "serve.py"), pythonProgram)
	link := filepath.Join(dir, "node_modules", ".bin", "serve")
	if err := os.Mkdir(filepath.Dir(link), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../serve/serve.py", link); err != nil {
		t.Fatal(err)
	}
	for _, script := range []string{link, file, "node_modules/.bin/serve"} {
		cmd := exec.Command(python, script)
		cmd.Dir = dir
		info, exe := watched(t, cmd)
		if got, want := SubjectOf(listening("127.0.0.1:1", info)), (Subject{Exe: exe, Script: file, Dir: dir}); got != want {
			t.Errorf("by %s: got  %+v\nwant %+v", script, got, want)
		}
	}
}

func TestRealGoBuildsAreKnownByTheirProject(t *testing.T) {
	t.Run("this test", func(t *testing.T) {
		exe, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		if !goBuild.MatchString(exe) {
			t.Skipf("this test was not built by go test in its own folder: %s", exe)
		}
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), "FAMILIAR_TEST_PROGRAM=1")
		info, _ := watched(t, cmd)
		root, err := filepath.Abs("../..")
		if err != nil {
			t.Fatal(err)
		}
		if got := SubjectOf(listening("127.0.0.1:1", info)); got != (Subject{Build: root}) {
			t.Errorf("got  %+v\nwant a test build of %s", got, root)
		}
		if got := ConcernOf(listening("127.0.0.1:1", info)); got != NoConcern {
			t.Errorf("concern: got %q, want none", got)
		}
	})
	t.Run("go run", func(t *testing.T) {
		tool, dir := need(t, "go"), realDir(t)
		write(t, filepath.Join(dir, "go.mod"), "module shop\n")
		write(t, filepath.Join(dir, "main.go"), "package main\nimport (\"fmt\"; \"io\"; \"os\")\nfunc main() { fmt.Println(os.Getpid(), \"-\"); io.Copy(io.Discard, os.Stdin) }\n")
		cmd := exec.Command(tool, "run", ".")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0")
		info, _ := watched(t, cmd)
		if got := SubjectOf(listening("127.0.0.1:1", info)); got != (Subject{Build: dir}) {
			t.Errorf("got  %+v of %s\nwant a test build of %s", got, info.Exe, dir)
		}
	})
}

func TestRealStrangersAreTold(t *testing.T) {
	python, err := filepath.EvalSymlinks("/usr/bin/python3")
	if err != nil {
		t.Skipf("no python3 of the system: %v", err)
	}
	cmd := exec.Command(python, "-c", pythonProgram)
	system, _ := watched(t, cmd)
	if !system.Sealed || system.Elsewhere || system.Deleted {
		t.Errorf("the system's python: got sealed %v, elsewhere %v, deleted %v, want sealed alone", system.Sealed, system.Elsewhere, system.Deleted)
	}
	code, err := os.ReadFile(python)
	if err != nil {
		t.Fatal(err)
	}
	dir := realDir(t)
	write(t, filepath.Join(dir, "copy", "python3.11"), string(code))
	write(t, filepath.Join(dir, "gone", "python3.11"), string(code))

	copied, _ := watched(t, exec.Command(filepath.Join(dir, "copy", "python3.11"), "-c", pythonProgram))
	gone := exec.Command(filepath.Join(dir, "gone", "python3.11"), "-c", "import os\nos.unlink(os.readlink('/proc/self/exe'))\n"+pythonProgram)
	deleted, _ := watched(t, gone)
	memfd, _ := watched(t, inMemory(t, code))

	b := book().WithRule(Rule{ID: "r", Pattern: Pattern{User: system.User, Subject: Subject{Exe: python}, Proto: "tcp", Scope: Loopback, Ports: AnyPort}})
	j := NewJudge(b)
	for name, c := range map[string]struct {
		who  process.Info
		want Verdict
	}{
		"the system's python": {system, Familiar},
		"a copy of it":        {copied, Unfamiliar},
		"a deleted copy":      {deleted, Unfamiliar},
		"a copy in memory":    {memfd, Unfamiliar},
	} {
		l := listening("127.0.0.1:1", c.who)
		if got := j.Of(l); got.Verdict != c.want {
			t.Errorf("%s (%+v): got %s, want %s", name, SubjectOf(l), got.Verdict, c.want)
		}
		if ways := b.Choices(l, nil, "")[0].Lasting; ways[0] != ThisProcess {
			t.Errorf("%s: got a rule that lasts %v, want this process only for code from the command line", name, ways)
		}
	}
	if copied.Sealed {
		t.Error("a copy in a folder for temporary files: got sealed, want not")
	}
	if got := SubjectOf(listening("127.0.0.1:1", deleted)).State; got != Deleted {
		t.Errorf("a deleted copy: got state %q, want deleted", got)
	}
	if got := SubjectOf(listening("127.0.0.1:1", memfd)).State; got != Memfd {
		t.Errorf("a copy in memory: got state %q, want memfd", got)
	}
}

// inMemory makes a command whose program is a file without a name.
func inMemory(t *testing.T, code []byte) *exec.Cmd {
	t.Helper()
	fd, err := unix.MemfdCreate("python3.11", 0)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "memfd")
	t.Cleanup(func() { _ = f.Close() })
	if _, err := f.Write(code); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), fd), "-c", pythonProgram)
	cmd.Args[0] = "python3.11"
	return cmd
}

func TestAChangedFileHasAnotherHashAndSize(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	h, path := process.NewHasher(), filepath.Join(realDir(t), "shop")
	hash := func(code []byte) (process.Info, string) {
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		write(t, path, string(code))
		cmd := exec.Command(path)
		cmd.Env = append(os.Environ(), "FAMILIAR_TEST_PROGRAM=1")
		info, _ := watched(t, cmd)
		if _, ok := h.Known(info); ok {
			t.Errorf("a file that was never read: got a hash from memory")
		}
		sum, size, err := h.Hash(t.Context(), info)
		if err != nil || size != info.Size || size != int64(len(code)) {
			t.Fatalf("got %s, size %d (%d), %v, want the hash of %d bytes", sum, size, info.Size, err, len(code))
		}
		if again, ok := h.Known(info); !ok || again != sum {
			t.Errorf("a second look: got %s, %v, want %s from memory", again, ok, sum)
		}
		return info, sum
	}
	first, was := hash(code)
	changed := append([]byte{}, code...)
	changed = append(changed, 0) // a byte behind an ELF file does not matter to it
	second, is := hash(changed)
	if was == is {
		t.Errorf("got %s for both, want another hash for a changed file", was)
	}
	b := book().WithRule(Rule{ID: "r", Pattern: Pattern{User: first.User, Subject: Subject{Exe: path, SHA256: was, Size: first.Size}, Proto: "tcp", Scope: Loopback, Ports: AnyPort}})
	if got := NewJudge(b).Of(listening("127.0.0.1:1", second)); got.Why.Reason != Updated {
		t.Errorf("the changed program: got %+v, want updated", got)
	}
	// The first one's file is gone by now and its process still runs it.
	l := listening("127.0.0.1:1", first)
	l.SHA256 = was
	if got := NewJudge(b).Of(l); got.Verdict != Familiar {
		t.Errorf("the unchanged program: got %+v, want familiar", got)
	}
}
