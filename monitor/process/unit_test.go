package process

import (
	"strings"
	"testing"
)

func TestTheCgroupNamesUnitAndContainer(t *testing.T) {
	id := strings.Repeat("0123456789abcdef", 4)
	for _, c := range []struct{ in, unit, container string }{
		{"0::/system.slice/ssh.service\n", "ssh.service", ""},
		{"0::/\n", "", ""},
		{"", "", ""},
		{"0::/init.scope\n", "init.scope", ""},
		{"0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-foo.service\n", "app-foo.service", ""},
		{"0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome\\x2dterm-4711.scope\n", "app-gnome\\x2dterm-4711.scope", ""},
		{"0::/user.slice/user-1000.slice/user@1000.service/init.scope\n", "init.scope", ""},
		{"0::/user.slice/user-1000.slice/user@1000.service\n", "user@1000.service", ""},
		{"0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope", ""},
		{"0::/system.slice/system-getty.slice/getty@tty1.service\n", "getty@tty1.service", ""},
		{"0::/system.slice/cups.socket\n", "cups.socket", ""},
		// What a service makes below itself is no unit of systemd.
		{"0::/system.slice/k3s.service/evil.service\n", "k3s.service", ""},
		{"0::/system.slice/_cpu.service\n", "cpu.service", ""},
		{"0::/.service\n", "", ""},
		{"0::/../../system.slice/a.service\n", "a.service", ""},
		{"0::/system.slice/docker-" + id + ".scope\n", "docker-" + id + ".scope", id},
		{"0::/docker/" + id + "\n", "", id},
		{"0::/machine.slice/libpod-" + id + ".scope/container\n", "libpod-" + id + ".scope", id},
		{"0::/machine.slice/libpod-conmon-" + id + ".scope\n", "libpod-conmon-" + id + ".scope", ""},
		{"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice/cri-containerd-" + id + ".scope\n", "cri-containerd-" + id + ".scope", id},
		{"11:memory:/kubepods/besteffort/pod123/" + id + "\n1:name=systemd:/kubepods/besteffort/pod123/" + id + "\n", "", id},
		{"0::/lxc.payload.web/system.slice/nginx.service\n", "", "web"},
		{"12:pids:/docker/" + id + "\n1:name=systemd:/system.slice/docker.service\n0::/\n", "docker.service", id},
		{"1:name=systemd:/system.slice/cron.service\n0::/system.slice/cron.service\n", "cron.service", ""},
		{"0::/a:b/c\n", "", ""},
		// 32 digits are no container's id, nor are 64 that aren't hexadecimal.
		{"4:memory:/x/" + id[:32] + "\n0::/\n", "", ""},
		{"0::/docker/" + strings.Repeat("g", 64) + "\n", "", ""},
		{"junk\n:::\n0:\n", "", ""},
	} {
		unit, container := parseCgroup([]byte(c.in))
		if unit != c.unit || container != c.container {
			t.Errorf("%q:\n got %q, %q\nwant %q, %q", c.in, unit, container, c.unit, c.container)
		}
	}
}

func FuzzParseCgroup(f *testing.F) {
	f.Add([]byte("0::/user.slice/user@1000.service/app.slice/a.service\n"))
	f.Add([]byte("4:memory:/docker/" + strings.Repeat("a", 64)))
	f.Fuzz(func(t *testing.T, b []byte) {
		unit, container := parseCgroup(b)
		if strings.ContainsAny(unit+container, "/\n") {
			t.Errorf("%q: got %q, %q, want the name of one folder", b, unit, container)
		}
	})
}
