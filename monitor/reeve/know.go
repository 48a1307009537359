package reeve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"portreeve/monitor"
	"portreeve/monitor/familiar"
	"portreeve/monitor/process"
	"portreeve/monitor/supervisor"
)

// appraiser looks for what a judgement of a program's file takes. It is asked
// for a click only: each of its answers may take a tenth of a second.
type appraiser struct {
	hashes   *process.Hasher
	packages *process.Packages
}

// sealed adds to a subject the hash of its file, unless the file is one that
// only the system's package manager changes.
func (a appraiser) sealed(ctx context.Context, s familiar.Subject, o process.Info) familiar.Subject {
	if s.AppImage == "" && (s.Exe == "" || s.State != "" || s.Image != "" || s.Container != "") {
		return s
	}
	if o.Sealed && s.AppImage == "" {
		owner, err := a.packages.Owner(ctx, o.Exe)
		if owner != "" || errors.Is(err, process.ErrNoPackages) {
			return s
		}
		if err != nil {
			slog.Warn("whether a program is packaged can't be told", "error", err)
		}
	}
	sum, size, err := a.hashes.Hash(ctx, o)
	if err != nil {
		// Known by its path alone: better than to ask again at every start.
		slog.Warn("a program that is known now has no hash", "error", err)
		return s
	}
	s.SHA256, s.Size = sum, size
	return s
}

// Choices gives the rules that a listener could get, with what each would have
// silenced.
func (r *Reeve) Choices(ctx context.Context, req KnowRequest) (*Choices, error) {
	u, l, book, err := r.look(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	answer := &Choices{Listener: req.ID, Choices: []Choice{}}
	past, err := r.notices(ctx)
	if err != nil {
		// The choices stand without it, and the status tells of a broken history.
		slog.Warn("choices can't be tried on the history", "error", err)
	}
	for _, c := range r.choices(ctx, u, l, book) {
		rule := familiar.Rule{Pattern: c.Pattern, Lasting: c.Lasting[0]}
		w := Choice{
			Key: string(c.Key), Label: r.Words.Choice(c), Suggested: c.Suggested, Lasting: []string{},
			Text: r.Words.Known(r.Words.Program(l.Listening), rule),
		}
		for _, way := range c.Lasting {
			w.Lasting = append(w.Lasting, string(way))
		}
		w.Silenced, w.Of = len(past.covered(book, rule)), len(past)
		answer.Choices = append(answer.Choices, w)
	}
	return answer, nil
}

// choices gives what a listener that was found in u could get.
func (r *Reeve) choices(ctx context.Context, u monitor.Update, l *monitor.Listener, book *familiar.Book) []familiar.Choice {
	others := make([]familiar.Listening, 0, len(u.Listeners))
	for _, o := range u.Listeners {
		others = append(others, o.Listening)
	}
	return book.Choices(r.detailed(ctx, l.Listening), others, r.Words.Home)
}

// detailed adds what the watch leaves out since it takes its time: the image of
// the topmost owner's container, and its project.
func (r *Reeve) detailed(ctx context.Context, l familiar.Listening) familiar.Listening {
	l = r.withProject(l)
	if len(l.Owners) == 0 || l.Image != "" || familiar.ContainerOf(l.Owners[0]) == "" {
		return l
	}
	image, err := supervisor.ImageOf(ctx, l.Owners[0].Container)
	if err != nil {
		slog.Info("the container is known for itself alone", "error", err)
		return l
	}
	l.Image = image
	return l
}

// withProject adds the project of the topmost owner, which the watch leaves out
// since it takes the file system's time.
func (r *Reeve) withProject(l familiar.Listening) familiar.Listening {
	if len(l.Owners) > 0 && l.Owners[0].Project == "" && l.Owners[0].Dir != "" {
		l.Owners = slices.Clone(l.Owners)
		l.Owners[0].Project = r.flat.projects.of(l.Owners[0].Dir)
	}
	return l
}

// Know makes a rule of what was shown: the choice that was made, or else the
// narrowest sensible one.
func (r *Reeve) Know(ctx context.Context, req KnowRequest) (*Known, error) {
	u, l, book, err := r.look(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	c, lasting, err := choose(r.choices(ctx, u, l, book), req)
	if err != nil {
		return nil, err
	}
	rule := c.Rule(l.Listening, book, lasting)
	answer := &Known{Text: r.Words.Known(r.Words.Program(l.Listening), rule)}
	if lasting != familiar.ThisProcess && len(l.Owners) > 0 {
		rule.Subject = r.appraise.sealed(ctx, rule.Subject, l.Owners[0])
	}
	for _, have := range book.Rules {
		if have.Same(rule) {
			answer.Rule = have.ID
			return answer, nil
		}
	}
	rule.ID, rule.Since = newID(), time.Now().Truncate(time.Second)
	answer.Rule = rule.ID
	rules, err := r.Store.ChangeRules(ctx, func(rs []familiar.Rule) []familiar.Rule {
		return append(r.current(ctx, rs, rule), rule)
	})
	if err != nil {
		if !r.Resident {
			return nil, failed("save the rule", err)
		}
		// Better known until the next start than asked again all day.
		rules = append(book.Rules[:len(book.Rules):len(book.Rules)], rule)
		r.notSaved(AboutRules, fmt.Sprintf("The rule could not be saved and counts until Portreeve ends: %v.", err))
		answer.Text += " Not saved: it counts until Portreeve ends."
	}
	return answer, r.judgeBy(ctx, book, func(b *familiar.Book) { b.Rules = rules })
}

// choose finds what a request names among the choices.
func choose(all []familiar.Choice, req KnowRequest) (familiar.Choice, familiar.Lasting, error) {
	i := slices.IndexFunc(all, func(c familiar.Choice) bool {
		return req.Choice == string(c.Key) || req.Choice == "" && c.Suggested
	})
	if i < 0 {
		return familiar.Choice{}, "", &Error{Code: CodeUsage, Message: fmt.Sprintf("there is no choice %q for that listener", req.Choice),
			Hint: "ask for its choices again; they may have changed"}
	}
	c := all[i]
	if req.Lasting == "" {
		return c, c.Lasting[0], nil
	}
	if !slices.Contains(c.Lasting, familiar.Lasting(req.Lasting)) {
		return c, "", &Error{Code: CodeUsage, Message: fmt.Sprintf("a rule for that listener can't last %q", req.Lasting),
			Hint: "its choices say how long each can last"}
	}
	return c, familiar.Lasting(req.Lasting), nil
}

// current leaves out the rules that can't cover anything any more, since the
// machine has restarted or their process has ended, and the one that says the
// same as a new one but for the hash: an update replaces it.
func (r *Reeve) current(ctx context.Context, rules []familiar.Rule, instead familiar.Rule) []familiar.Rule {
	instead.Subject.SHA256, instead.Subject.Size = "", 0
	return slices.DeleteFunc(slices.Clone(rules), func(have familiar.Rule) bool {
		if have.Lapsed(r.boot) {
			return true
		}
		if have.Lasting == familiar.ThisProcess {
			now, err := process.Describe(ctx, have.Process.PID)
			return errors.Is(err, process.ErrGone) || err == nil && now.ID != have.Process
		}
		if have.Subject.SHA256 == "" {
			return false
		}
		have.Subject.SHA256, have.Subject.Size = "", 0
		return have.Same(instead)
	})
}
