package supervisor

// systemd: which unit the listener is the main process of, what would start it
// again, and the stop of all of that. The interface is described in
// org.freedesktop.systemd1(5).

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"portreeve/monitor/process"
	"portreeve/monitor/socket"
)

// service is what decides about a unit.
type service struct {
	name string
	// restart is the unit's Restart=, main its main process, 0 for none.
	restart string
	main    int32
	// triggers are the units that start it: sockets, timers, paths.
	triggers []string
}

// socketUnit is a unit that listens for a service.
type socketUnit struct {
	name string
	// listen are pairs of a type ("Stream") and an address, as the property
	// Listen has them.
	listen [][2]string
	// starts are the services that it starts.
	starts []string
}

// byUnit looks for the unit whose main process is the listener, or what found
// itself to restart it: chain[subject].
func (s *search) byUnit(ctx context.Context, holds socket.Socket, chain []process.Info, subject int) (*Supervisor, error) {
	owner := chain[0]
	activator := isManager(owner)
	if !activator && (owner.Unit == "" || strings.HasSuffix(owner.Unit, ".scope")) {
		return nil, nil
	}
	of, err := managerOf(owner.PID)
	if err != nil {
		return nil, err
	}
	m, err := s.dialManager(ctx, of)
	if err != nil {
		return nil, err
	}
	defer m.close()
	if activator {
		return s.bySocketUnit(ctx, m, holds, owner.User)
	}
	name, err := m.byPID(ctx, owner.PID)
	if err != nil || !strings.HasSuffix(name, ".service") {
		return nil, err
	}
	unit, err := m.service(ctx, name)
	if err != nil {
		return nil, err
	}
	if !isMain(chain, subject, unit.main) || isApplication(unit) {
		return nil, nil
	}
	return s.fromService(ctx, m, holds, unit, owner.User)
}

// byHiddenUnit tells what can be told of a listener whose owner can't be seen:
// unit is the one in whose cgroup its socket was made.
func (s *search) byHiddenUnit(ctx context.Context, holds socket.Socket, unit string) (*Supervisor, error) {
	service := strings.HasSuffix(unit, ".service")
	switch unit {
	case "docker.service", "podman.service", "containerd.service", "libvirtd.service":
		// They hold ports for containers and machines, all of which would end.
		return nil, nil
	}
	if !service && unit != "init.scope" && !strings.HasSuffix(unit, ".socket") {
		return nil, nil
	}
	m, err := s.dialManager(ctx, managerID{})
	if err != nil {
		return nil, err
	}
	defer m.close()
	if !service {
		return s.bySocketUnit(ctx, m, holds, "root")
	}
	u, err := m.service(ctx, unit)
	// Without a sight of the process only what restarts it is worth telling.
	if err != nil || !restarts(u.restart) && len(u.triggers) == 0 || isApplication(u) {
		return nil, err
	}
	return s.fromService(ctx, m, holds, u, "root")
}

func (s *search) fromService(ctx context.Context, m *manager, holds socket.Socket, unit service, user string) (*Supervisor, error) {
	sup := s.unitSupervisor(m.of, user, slices.Concat(unit.triggers, []string{unit.name})...)
	sup.Name = unit.name
	if restarts(unit.restart) {
		sup.Restarts, sup.Policy = true, "Restart="+unit.restart
	} else if len(unit.triggers) > 0 {
		sup.Restarts, sup.Policy = true, "TriggeredBy="+unit.triggers[0]
	}
	for _, trigger := range unit.triggers {
		if !strings.HasSuffix(trigger, ".socket") {
			continue
		}
		u, err := m.socket(ctx, trigger)
		if err != nil {
			return sup, err
		}
		if listen, ok := u.listensAt(holds); ok {
			sup.Kind, sup.Name = SocketUnit, trigger
			sup.Restarts, sup.Policy = true, listen
		}
	}
	return sup, nil
}

// bySocketUnit looks for the unit on whose behalf the manager itself listens.
func (s *search) bySocketUnit(ctx context.Context, m *manager, holds socket.Socket, user string) (*Supervisor, error) {
	all, err := m.sockets(ctx)
	if err != nil {
		return nil, err
	}
	for _, u := range all {
		listen, ok := u.listensAt(holds)
		if !ok {
			continue
		}
		sup := s.unitSupervisor(m.of, user, append([]string{u.name}, u.starts...)...)
		sup.Kind, sup.Name = SocketUnit, u.name
		sup.Restarts, sup.Policy = true, listen
		return sup, nil
	}
	return nil, nil
}

// unitSupervisor is what all supervisors of systemd have in common. units are
// stopped in their order: what starts a service comes before it.
func (s *search) unitSupervisor(of managerID, user string, units ...string) *Supervisor {
	units = slices.Compact(units)
	sup := &Supervisor{
		Kind: Systemd, Scope: ScopeSystem, Allowed: true,
		key: fmt.Sprintf("%v/%d/%s", of.user, of.uid, strings.Join(units, ",")),
		stop: func(ctx context.Context) error {
			m, err := s.dialManager(ctx, of)
			if err != nil {
				return err
			}
			defer m.close()
			return m.stopAll(ctx, units)
		},
	}
	command := []string{"systemctl"}
	if of.user {
		sup.Kind, sup.Scope = SystemdUser, ScopeUser
		command = append(command, "--user")
		if of.uid != s.uid {
			command = append(command, "--machine="+user+"@.host")
		}
	}
	command = append(command, "stop")
	if slices.ContainsFunc(units, func(u string) bool { return strings.HasPrefix(u, "-") }) {
		command = append(command, "--")
	}
	sup.Command = s.asRoot(of.uid, append(command, units...)...)
	if s.uid != 0 && of.uid != s.uid {
		sup.Allowed, sup.Why = false, "only root may stop it"
		if of.user {
			sup.Why = "it belongs to " + user
		}
	}
	for _, u := range units {
		if why := protectedUnit(u); why != "" {
			sup.Allowed, sup.Why = false, why
		}
	}
	return sup
}

// isMain reports whether the unit's main process is chain[subject], or merely
// carries it.
func isMain(chain []process.Info, subject int, main int32) bool {
	i := slices.IndexFunc(chain, func(p process.Info) bool { return p.PID == main })
	switch {
	case main <= 0 || i < subject:
		return false
	case i == subject:
		return true
	}
	return linked(chain, subject, i) && carries(chain[i], chain[i-1])
}

// isManager reports whether a process is a service manager, which holds the
// sockets of its socket units.
func isManager(p process.Info) bool {
	return p.Unit == "init.scope" && (p.PID == 1 || p.Name == "systemd")
}

// isApplication reports whether a unit is how a desktop starts a program of its
// user (systemd: docs/DESKTOP_ENVIRONMENTS.md), which looks after nothing.
func isApplication(u service) bool {
	return strings.HasPrefix(u.name, "app-") && !restarts(u.restart) && len(u.triggers) == 0
}

// restarts reports whether a Restart= may bring back a service that was ended
// by a signal (systemd.service(5), table 2).
func restarts(policy string) bool {
	switch policy {
	case "always", "on-success", "on-failure", "on-abnormal", "on-abort":
		return true
	}
	return false
}

// protectedUnit says why a unit must not be stopped by a click; empty when it
// may. Package process protects the same programs as processes.
func protectedUnit(name string) string {
	base := strings.TrimSuffix(strings.TrimSuffix(name, ".service"), ".socket")
	prefix, _, _ := strings.Cut(base, "@")
	switch prefix {
	case "dbus", "dbus-broker":
		return "it carries the messages of the desktop (D-Bus)"
	case "user", "init", "systemd-logind", "systemd-udevd-control", "systemd-udevd-kernel", "systemd-journald", "systemd-udevd":
		return "it manages the programs of the system"
	case "gdm", "gdm3", "sddm", "lightdm", "lxdm", "greetd", "ly", "display-manager",
		"org.gnome.Shell", "gnome-session-manager", "gnome-session-wayland", "gnome-session-x11",
		"plasma-kwin_x11", "plasma-kwin_wayland", "plasma-plasmashell", "plasma-ksmserver", "xfce4-session", "sway", "wayland-wm":
		return "it draws the desktop"
	}
	return ""
}

// listensAt reports whether the unit listens where the socket is bound, and
// gives the line of its file that says so.
func (u socketUnit) listensAt(s socket.Socket) (line string, ok bool) {
	for _, l := range u.listen {
		kind := map[string]socket.Proto{"Stream": socket.TCP, "Datagram": socket.UDP}[l[0]]
		// systemd writes [::1%lo]:80 for a scoped address, as netip reads it.
		at, err := netip.ParseAddrPort(l[1])
		if err != nil || kind == 0 || kind != s.Proto || at.Port() != s.Local.Port() {
			continue
		}
		if at.Addr().WithZone("") == s.Local.Addr().WithZone("") {
			return "Listen" + l[0] + "=" + l[1], true
		}
	}
	return "", false
}

// validUnit reports whether a name may be a unit's (systemd.unit(5)). Nothing
// else is ever sent to a manager or shown as part of a command.
func validUnit(name string) bool {
	dot := strings.LastIndexByte(name, '.')
	return dot > 0 && dot < len(name)-1 && plain(strings.TrimPrefix(name, "-"), `:-_.\@`)
}

// stopAll stops units in their order and waits until all are.
func (m *manager) stopAll(ctx context.Context, units []string) error {
	for _, u := range units {
		if err := m.stop(ctx, u); err != nil && !errors.Is(err, errNoUnit) {
			return err
		}
	}
	for _, u := range units {
		for {
			stopped, err := m.stopped(ctx, u)
			if err != nil {
				return err
			}
			if stopped {
				break
			}
			// The end of a job is told by a signal too, but only to those that
			// subscribed before, and a private connection loses it at a reload.
			if err := sleep(ctx, 30*time.Millisecond); err != nil {
				return fmt.Errorf("wait for the end of %s: %w", u, err)
			}
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
