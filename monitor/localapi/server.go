// Package localapi carries the verbs over HTTP/1.1 on a Unix socket (a named
// pipe on Windows) that only its own user can open. It is the only thing that
// Portreeve ever listens on. docs/api.md shows it with curl.
package localapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/http"
	"strconv"
	"time"

	"portreeve/monitor/reeve"
)

// Verbs is what the server offers; *reeve.Reeve has these methods.
type Verbs interface {
	List(context.Context) (*reeve.Listing, error)
	CountClients(context.Context) (*reeve.ClientCounts, error)
	Watch(ctx context.Context, since uint64) iter.Seq2[reeve.Event, error]
	WatchAsWindow(ctx context.Context, since uint64) iter.Seq2[reeve.Event, error]
	Stop(context.Context, reeve.StopRequest) (*reeve.Stopped, error)
	StopGroup(context.Context, reeve.GroupRequest) (*reeve.Group, error)
	Know(context.Context, reeve.KnowRequest) (*reeve.Known, error)
	Forget(context.Context, reeve.ForgetRequest) (*reeve.Forgotten, error)
	Pause(context.Context, reeve.PauseRequest) (*reeve.Status, error)
	Show(context.Context, reeve.ShowRequest) error
	Example(context.Context) error
	Status(context.Context) (*reeve.Status, error)
	Explain(context.Context, reeve.ExplainRequest) (*reeve.Explanation, error)
	Await(context.Context, reeve.AwaitRequest) (*reeve.Awaited, error)
	History(context.Context, reeve.HistoryRequest) (*reeve.History, error)
	Choices(context.Context, reeve.KnowRequest) (*reeve.Choices, error)
	Rules(context.Context) (*reeve.RuleList, error)
	ChangeRule(context.Context, reeve.RuleRequest) (*reeve.Rule, error)
	TestRule(context.Context, reeve.RuleRequest) (*reeve.RuleTest, error)
	Settings(context.Context) (*reeve.SettingsAnswer, error)
	ChangeSettings(context.Context, reeve.Settings) (*reeve.SettingsAnswer, error)
	Autostart(context.Context, reeve.AutostartRequest) (*reeve.Autostart, error)
}

// Serve answers until ctx ends, then closes l and every connection. Requests of
// other users are refused on accept.
func Serve(ctx context.Context, l net.Listener, v Verbs) error {
	s := &http.Server{
		Handler:           handler(v),
		ReadHeaderTimeout: 5 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() { _ = s.Close() }) // watches never end by themselves
	defer stop()
	if err := s.Serve(ownOnly{l}); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the local api: %w", err)
	}
	return nil
}

// ownOnly lets in the connections of this process's user (and of root, who
// could do anything anyway).
type ownOnly struct{ net.Listener }

func (o ownOnly) Accept() (net.Conn, error) {
	for {
		c, err := o.Listener.Accept()
		if err != nil || samePeer(c) {
			return c, err
		}
		_ = c.Close()
	}
}

// largest bounds a request's body; the verbs need a few hundred bytes.
const largest = 64 << 10

func handler(v Verbs) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/listeners", get(v.List))
	mux.HandleFunc("GET /v1/clients", get(v.CountClients))
	mux.HandleFunc("GET /v1/status", get(v.Status))
	mux.HandleFunc("GET /v1/events", func(w http.ResponseWriter, r *http.Request) { events(w, r, v) })
	mux.HandleFunc("POST /v1/stop", post(v.Stop))
	mux.HandleFunc("POST /v1/stop-group", post(v.StopGroup))
	mux.HandleFunc("POST /v1/know", post(v.Know))
	mux.HandleFunc("POST /v1/forget", post(v.Forget))
	mux.HandleFunc("POST /v1/pause", post(v.Pause))
	mux.HandleFunc("POST /v1/explain", post(v.Explain))
	mux.HandleFunc("POST /v1/await", post(v.Await))
	mux.HandleFunc("POST /v1/history", post(v.History))
	mux.HandleFunc("POST /v1/choices", post(v.Choices))
	mux.HandleFunc("GET /v1/rules", get(v.Rules))
	mux.HandleFunc("POST /v1/rules", post(v.ChangeRule))
	mux.HandleFunc("POST /v1/rules/test", post(v.TestRule))
	mux.HandleFunc("GET /v1/settings", get(v.Settings))
	mux.HandleFunc("POST /v1/settings", post(v.ChangeSettings))
	mux.HandleFunc("POST /v1/autostart", post(v.Autostart))
	mux.HandleFunc("POST /v1/show", post(func(ctx context.Context, q reeve.ShowRequest) (struct{}, error) {
		return struct{}{}, v.Show(ctx, q)
	}))
	mux.HandleFunc("POST /v1/example", post(func(ctx context.Context, _ struct{}) (struct{}, error) {
		return struct{}{}, v.Example(ctx)
	}))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		answerError(w, http.StatusNotFound, &reeve.Error{Code: reeve.CodeUsage,
			Message: fmt.Sprintf("there is no %s %s", r.Method, r.URL.Path), Hint: "see docs/api.md"})
	})
	return mux
}

func get[A any](verb func(context.Context) (A, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a, err := verb(r.Context())
		answer(w, a, err)
	}
}

func post[Q, A any](verb func(context.Context, Q) (A, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q Q
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, largest))
		d.DisallowUnknownFields()
		if err := d.Decode(&q); err != nil {
			answer(w, q, &reeve.Error{Code: reeve.CodeUsage, Message: fmt.Sprintf("read the request: %v", err), Hint: "send one JSON object"})
			return
		}
		a, err := verb(r.Context(), q)
		answer(w, a, err)
	}
}

// events writes one JSON object a line, each sent at once.
func events(w http.ResponseWriter, r *http.Request, v Verbs) {
	var since uint64
	if text := r.FormValue("since"); text != "" {
		var err error
		if since, err = strconv.ParseUint(text, 10, 64); err != nil {
			answer(w, 0, &reeve.Error{Code: reeve.CodeUsage, Message: fmt.Sprintf("since %q is no number", text), Hint: "give the seq of an event"})
			return
		}
	}
	watch := v.Watch
	if r.FormValue("face") == "window" {
		watch = v.WatchAsWindow
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	out, flush := json.NewEncoder(w), http.NewResponseController(w)
	for e, err := range watch(r.Context(), since) {
		if err != nil {
			return // the client sees the end of the stream and comes again
		}
		if out.Encode(e) != nil || flush.Flush() != nil {
			return // the client has gone
		}
	}
}

func answer(w http.ResponseWriter, a any, err error) {
	if err == nil {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(a) // fails only when the client has gone
		return
	}
	var e *reeve.Error
	if !errors.As(err, &e) {
		e = &reeve.Error{Code: reeve.CodeFailed, Message: err.Error()}
	}
	answerError(w, statusOf(e.Code), e)
}

func answerError(w http.ResponseWriter, status int, e *reeve.Error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(e) // fails only when the client has gone
}

// statusOf gives the HTTP status (RFC 9110) of an error's code.
func statusOf(code string) int {
	switch code {
	case reeve.CodeUsage:
		return http.StatusBadRequest
	case reeve.CodeNotListening:
		return http.StatusNotFound
	case reeve.CodeDenied, reeve.CodeProtected:
		return http.StatusForbidden
	case reeve.CodeChanged, reeve.CodeUnsure, reeve.CodeAmbiguous, reeve.CodeSupervised, reeve.CodeConfirm:
		return http.StatusConflict
	case reeve.CodeNoResident:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
