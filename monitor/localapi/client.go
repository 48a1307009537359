package localapi

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"strconv"

	"portreeve/monitor/reeve"
)

// Client has the verbs of the resident that listens on a socket. It is safe for
// several goroutines.
type Client struct {
	http *http.Client
	face string
}

// Dial gives a client of the resident in that runtime folder. The error tells
// that none is there (or none that this user may talk to).
func Dial(ctx context.Context, dir string) (*Client, error) {
	c := NewClient(dir)
	conn, err := dial(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("reach the running portreeve: %w", err)
	}
	return c, conn.Close()
}

// NewClient gives a client without asking whether somebody listens.
func NewClient(dir string) *Client {
	return &Client{http: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, dir) },
	}}}
}

// AsWindow gives a client whose Watch is told what to show.
func (c *Client) AsWindow() *Client { return &Client{http: c.http, face: "window"} }

// List is reeve.Reeve's.
func (c *Client) List(ctx context.Context) (*reeve.Listing, error) {
	return call[reeve.Listing](ctx, c, http.MethodGet, "listeners", nil)
}

// CountClients is reeve.Reeve's.
func (c *Client) CountClients(ctx context.Context) (*reeve.ClientCounts, error) {
	return call[reeve.ClientCounts](ctx, c, http.MethodGet, "clients", nil)
}

// Status is reeve.Reeve's.
func (c *Client) Status(ctx context.Context) (*reeve.Status, error) {
	return call[reeve.Status](ctx, c, http.MethodGet, "status", nil)
}

// Stop is reeve.Reeve's.
func (c *Client) Stop(ctx context.Context, q reeve.StopRequest) (*reeve.Stopped, error) {
	return call[reeve.Stopped](ctx, c, http.MethodPost, "stop", q)
}

// StopGroup is reeve.Reeve's.
func (c *Client) StopGroup(ctx context.Context, q reeve.GroupRequest) (*reeve.Group, error) {
	return call[reeve.Group](ctx, c, http.MethodPost, "stop-group", q)
}

// Know is reeve.Reeve's.
func (c *Client) Know(ctx context.Context, q reeve.KnowRequest) (*reeve.Known, error) {
	return call[reeve.Known](ctx, c, http.MethodPost, "know", q)
}

// Forget is reeve.Reeve's.
func (c *Client) Forget(ctx context.Context, q reeve.ForgetRequest) (*reeve.Forgotten, error) {
	return call[reeve.Forgotten](ctx, c, http.MethodPost, "forget", q)
}

// Pause is reeve.Reeve's.
func (c *Client) Pause(ctx context.Context, q reeve.PauseRequest) (*reeve.Status, error) {
	return call[reeve.Status](ctx, c, http.MethodPost, "pause", q)
}

// Explain is reeve.Reeve's.
func (c *Client) Explain(ctx context.Context, q reeve.ExplainRequest) (*reeve.Explanation, error) {
	return call[reeve.Explanation](ctx, c, http.MethodPost, "explain", q)
}

// Await is reeve.Reeve's.
func (c *Client) Await(ctx context.Context, q reeve.AwaitRequest) (*reeve.Awaited, error) {
	return call[reeve.Awaited](ctx, c, http.MethodPost, "await", q)
}

// History is reeve.Reeve's.
func (c *Client) History(ctx context.Context, q reeve.HistoryRequest) (*reeve.History, error) {
	return call[reeve.History](ctx, c, http.MethodPost, "history", q)
}

// Choices is reeve.Reeve's.
func (c *Client) Choices(ctx context.Context, q reeve.KnowRequest) (*reeve.Choices, error) {
	return call[reeve.Choices](ctx, c, http.MethodPost, "choices", q)
}

// Rules is reeve.Reeve's.
func (c *Client) Rules(ctx context.Context) (*reeve.RuleList, error) {
	return call[reeve.RuleList](ctx, c, http.MethodGet, "rules", nil)
}

// ChangeRule is reeve.Reeve's.
func (c *Client) ChangeRule(ctx context.Context, q reeve.RuleRequest) (*reeve.Rule, error) {
	return call[reeve.Rule](ctx, c, http.MethodPost, "rules", q)
}

// TestRule is reeve.Reeve's.
func (c *Client) TestRule(ctx context.Context, q reeve.RuleRequest) (*reeve.RuleTest, error) {
	return call[reeve.RuleTest](ctx, c, http.MethodPost, "rules/test", q)
}

// Settings is reeve.Reeve's.
func (c *Client) Settings(ctx context.Context) (*reeve.SettingsAnswer, error) {
	return call[reeve.SettingsAnswer](ctx, c, http.MethodGet, "settings", nil)
}

// ChangeSettings is reeve.Reeve's.
func (c *Client) ChangeSettings(ctx context.Context, q reeve.Settings) (*reeve.SettingsAnswer, error) {
	return call[reeve.SettingsAnswer](ctx, c, http.MethodPost, "settings", q)
}

// Autostart is reeve.Reeve's.
func (c *Client) Autostart(ctx context.Context, q reeve.AutostartRequest) (*reeve.Autostart, error) {
	return call[reeve.Autostart](ctx, c, http.MethodPost, "autostart", q)
}

// Show is reeve.Reeve's.
func (c *Client) Show(ctx context.Context, q reeve.ShowRequest) error {
	_, err := call[struct{}](ctx, c, http.MethodPost, "show", q)
	return err
}

// Example is reeve.Reeve's.
func (c *Client) Example(ctx context.Context) error {
	_, err := call[struct{}](ctx, c, http.MethodPost, "example", struct{}{})
	return err
}

// Watch is reeve.Reeve's. It ends with an error when the resident does.
func (c *Client) Watch(ctx context.Context, since uint64) iter.Seq2[reeve.Event, error] {
	return func(yield func(reeve.Event, error) bool) {
		path := "events?since=" + strconv.FormatUint(since, 10) + "&face=" + c.face
		resp, err := c.send(ctx, http.MethodGet, path, nil)
		if err != nil {
			yield(reeve.Event{}, err)
			return
		}
		defer func() { _ = resp.Body.Close() }()
		// A snapshot of 10,000 listeners is one line of several megabytes.
		lines := bufio.NewReaderSize(resp.Body, 64<<10)
		for {
			line, err := lines.ReadBytes('\n')
			if err == nil {
				var e reeve.Event
				if err = json.Unmarshal(line, &e); err == nil {
					if !yield(e, nil) {
						return
					}
					continue
				}
			}
			if ctx.Err() == nil {
				yield(reeve.Event{}, fmt.Errorf("watch: the running portreeve has ended: %w", err))
			}
			return
		}
	}
}

func call[A any](ctx context.Context, c *Client, method, path string, q any) (*A, error) {
	resp, err := c.send(ctx, method, path, q)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	a := new(A)
	if err := json.NewDecoder(resp.Body).Decode(a); err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", path, err)
	}
	return a, nil
}

// send makes the request; an answer that says no comes back as *reeve.Error.
func (c *Client) send(ctx context.Context, method, path string, q any) (*http.Response, error) {
	var body io.Reader
	if q != nil {
		text, err := json.Marshal(q)
		if err != nil {
			return nil, fmt.Errorf("write the request of %s: %w", path, err)
		}
		body = bytes.NewReader(text)
	}
	// The host is never looked up: the dialer knows the socket.
	req, err := http.NewRequestWithContext(ctx, method, "http://portreeve/v1/"+path, body)
	if err != nil {
		return nil, fmt.Errorf("make the request of %s: %w", path, err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the running portreeve: %w", err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }()
	e := &reeve.Error{}
	if err := json.NewDecoder(resp.Body).Decode(e); err != nil || e.Code == "" {
		return nil, fmt.Errorf("ask the running portreeve: %s", resp.Status)
	}
	return nil, e
}
