package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"portreeve/monitor/process"
	"portreeve/monitor/reeve"
)

// The exit codes of pkexec(1) that are its own.
const (
	pkexecDismissed  = 126 // the user closed the dialogue, or may not
	pkexecImpossible = 127 // there is nobody to ask with, or it failed
)

// elevate gives the way to end another user's process: pkexec asks for the
// password and runs this program once, with the two ids and nothing else; it
// looks at everything anew on the other side. Nil where there is no pkexec, or
// root is there already.
func elevate() func(context.Context, reeve.StopRequest) (process.Outcome, error) {
	pkexec, err := exec.LookPath("pkexec")
	if err != nil || os.Getuid() == 0 {
		return nil
	}
	return elevateBy(pkexec)
}

func elevateBy(pkexec string) func(context.Context, reeve.StopRequest) (process.Outcome, error) {
	return func(ctx context.Context, q reeve.StopRequest) (process.Outcome, error) {
		self, err := os.Executable()
		if err != nil {
			return 0, fmt.Errorf("find this program: %w", err)
		}
		args := []string{self, "stop", "--json", "--exact", q.ID, q.Owner}
		if q.Force {
			args = append(args, "--force")
		}
		out, err := exec.CommandContext(ctx, pkexec, args...).Output()
		var exit *exec.ExitError
		switch {
		case errors.As(err, &exit) && exit.ExitCode() == pkexecDismissed:
			return 0, &reeve.Error{Code: reeve.CodeDenied, Message: "nothing was stopped, since the permission was not given", Hint: ""}
		case errors.As(err, &exit) && exit.ExitCode() == pkexecImpossible:
			return 0, &reeve.Error{Code: reeve.CodeDenied, Message: "the system could not ask for permission", Hint: "sudo portreeve stop can end it"}
		case err != nil && !errors.As(err, &exit):
			return 0, fmt.Errorf("ask for permission: %w", err)
		}
		var answer reeve.Stopped
		if json.Unmarshal(out, &answer) != nil || answer.Result == "" {
			return 0, &reeve.Error{Code: reeve.CodeFailed, Message: "the stop with permission failed", Hint: "try sudo portreeve stop"}
		}
		if answer.Result == reeve.StopRunning {
			return process.Running, nil
		}
		return process.Ended, nil
	}
}
