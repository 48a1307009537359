package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"portreeve/monitor/reeve"
)

// stop --exact is how Portreeve calls itself with another user's permission. It
// takes the ids of what the user was shown, by one who has confirmed it, and
// nothing that could be somebody else by now: no port, no bare pid.

// maxID is far above the length of any id.
const maxID = 128

// twoIDs wants a listener's id and an owner's. They are opaque: only their form
// is checked, and who they name is the verb's matter.
func twoIDs(_ *cobra.Command, args []string) error {
	if len(args) != 2 {
		return usage("stop --exact needs LISTENER-ID and OWNER-ID", "both are in portreeve list --json")
	}
	for _, id := range args {
		bad := strings.IndexFunc(id, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-._:", r)
		})
		if id == "" || len(id) > maxID || bad >= 0 {
			return usage(clean(quote(id), maxPlace)+" is no id", "both are in portreeve list --json")
		}
	}
	return nil
}

// stopExact ends that owner of that listener, or none. With --json the answer is
// the verb's own, also when the process still runs.
func (a *app) stopExact(ctx context.Context, v Verbs, s stop, listener, owner string) error {
	res, err := v.Stop(ctx, reeve.StopRequest{ID: listener, Owner: owner, Force: s.force, Anyway: true, Confirmed: true})
	if err != nil {
		return err
	}
	var output error
	if s.json {
		output = a.printJSON(res)
	} else {
		output = a.print(clean(res.Text, maxSentence) + "\n")
	}
	if !res.Free {
		return fail(reeve.CodeFailed, "the port is not free", res.Hint)
	}
	return output
}
