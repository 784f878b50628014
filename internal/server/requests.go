package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/journal"
)

// The operator's routes to decision records.
const (
	allRequests = "requests"
	oneRequest  = "requests/" // then the id of a request, or how it begins
)

const (
	defaultPage = 100
	// maxFollowers is how many may follow requests at one time, on one node.
	maxFollowers = 16
	// aliveEvery is when who follows gets an empty line, so that either end notices
	// if the other has gone.
	aliveEvery = 15 * time.Second
	followWait = 30 * time.Second // for one write to a client that does not read
)

// requestList is the answer to a search: as much as one search finds. Members
// are added, never renamed.
type requestList struct {
	Requests []audit.Report  `json:"requests"` // newest first; what policies said is told by id only
	Next     string          `json:"next"`     // for after=, "" at the end; with it a page may be short or empty
	Dropped  journal.Dropped `json:"dropped"`  // by this node, since it started
}

// requests searches, or with follow=true streams: a line of JSON for each record,
// oldest first, from the newest limit on.
func (o *operator) requests(w http.ResponseWriter, r *http.Request) {
	if !o.server.journal.Keeps() {
		writeJSON(w, http.StatusConflict, map[string]string{"message": "this server keeps no requests (--keep-requests 0), so that there are none to search; the newest are found by their id"})
		return
	}
	s, err := o.readSearch(r.URL.Query())
	if err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]string{"message": err.Error()})
		return
	}
	if s.follow {
		o.follow(w, r, s)
		return
	}
	page, err := o.server.journal.Search(r.Context(), s.query, s.limit, s.after)
	switch {
	case errors.Is(err, journal.ErrAfter):
		writeJSON(w, http.StatusBadRequest, map[string]string{"message": "after is the next of an answer before"})
	case err != nil:
		o.unreadable(w, r, err)
	default:
		writeJSON(w, http.StatusOK, requestList{page.Reports, page.Next, o.server.journal.Dropped()})
	}
}

func (o *operator) unreadable(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() == nil {
		o.server.logger.Error("decision records cannot be read", "error", err)
	}
	writeJSON(w, http.StatusInternalServerError, map[string]string{"message": "the records of requests cannot be read; see the log"})
}

// search is what a query string asks for.
type search struct {
	query  journal.Query
	limit  int
	after  string
	follow bool
}

// readSearch takes each parameter once, and none that it does not know: a
// misspelt one would show more than was asked for.
func (o *operator) readSearch(given url.Values) (s search, err error) {
	s.limit = defaultPage
	instant := func(into *time.Time) func(string) error {
		return func(text string) (err error) { *into, err = o.instant(text); return err }
	}
	text := func(into *string) func(string) error {
		return func(text string) error { *into = text; return nil }
	}
	oneOf := func(into *string, known ...string) func(string) error {
		return func(text string) error {
			if *into = text; !slices.Contains(known, text) {
				return fmt.Errorf("it is one of %s", strings.Join(known, ", "))
			}
			return nil
		}
	}
	q, follow := &s.query, ""
	known := map[string]func(string) error{
		"api": text(&q.API), "stage": text(&q.Stage), "route": text(&q.Route), "caller": text(&q.Caller), "resource": text(&q.Resource),
		"service": text(&q.Service), "operation": text(&q.Operation), "after": text(&s.after),
		"outcome": oneOf(&q.Outcome, journal.Outcomes[:]...),
		"plane":   oneOf(&q.Plane, audit.PlaneData, audit.PlaneControl, audit.PlaneProgram),
		"follow":  oneOf(&follow, "true", "false"),
		"since":   instant(&q.Since), "until": instant(&q.Until),
		"status": func(text string) (err error) { q.Status, err = journal.ParseStatuses(text); return err },
		"limit": func(text string) (err error) {
			if s.limit, err = strconv.Atoi(text); err != nil || s.limit < 0 || s.limit > journal.MaxPage {
				return fmt.Errorf("it is a number from 0 to %d", journal.MaxPage)
			}
			return nil
		},
	}
	for name, values := range given {
		read := known[name]
		switch {
		case read == nil:
			return s, fmt.Errorf("%.40q is nothing to search by", name)
		case len(values) > 1:
			return s, fmt.Errorf("%s is given more than once", name)
		case values[0] == "":
			continue
		}
		if err := read(values[0]); err != nil {
			return s, fmt.Errorf("%s %.80q: %w", name, values[0], err)
		}
	}
	if s.follow = follow == "true"; s.follow && (s.after != "" || !q.Until.IsZero()) {
		return s, errors.New("who follows goes on from now: neither after nor until can be given")
	}
	return s, nil
}

// instant reads a time, or how long ago it was.
func (o *operator) instant(text string) (time.Time, error) {
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return o.server.clock.Now().Add(-d), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, errors.New("it is a time such as 2026-01-02T15:04:05Z, or how long ago, such as 90m")
	}
	return at, nil
}

// follow streams until the client leaves or the server ends.
func (o *operator) follow(w http.ResponseWriter, r *http.Request, s search) {
	select {
	case o.followers <- struct{}{}:
		defer func() { <-o.followers }()
	default:
		writeJSON(w, http.StatusTooManyRequests, map[string]string{"message": fmt.Sprintf("%d follow requests at this server already", maxFollowers)})
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(o.life, cancel)()
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // or the server's limit for a request would end this one
	w.Header().Set("Content-Type", "application/x-ndjson")
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	quiet := time.Now().Add(-aliveEvery) // the first is said at once
	err := o.server.journal.Follow(ctx, s.query, s.limit, func(list []audit.Report) error {
		if len(list) == 0 && time.Since(quiet) < aliveEvery {
			return nil
		}
		quiet = time.Now()
		_ = control.SetWriteDeadline(time.Now().Add(followWait))
		if len(list) == 0 {
			if _, err := w.Write([]byte{'\n'}); err != nil {
				return err
			}
		}
		for i := range list {
			if err := encoder.Encode(&list[i]); err != nil {
				return err
			}
		}
		return control.Flush()
	})
	if ctx.Err() == nil {
		o.server.logger.Debug("following requests ended", "error", err)
	}
}

// request answers with the audit.Report of a request. One that is not known is
// told apart from a door that is shut by the id in the answer.
func (o *operator) request(w http.ResponseWriter, r *http.Request) {
	id := strings.TrimPrefix(r.URL.Path, operatorPrefix+oneRequest)
	if report, ok := audit.NewReport(o.server.records.Find(id)); ok && whole(&report) {
		writeJSON(w, http.StatusOK, report)
		return
	}
	list, err := o.server.journal.Find(r.Context(), id)
	report, ok := audit.Together(list)
	switch inMemory, there := audit.NewReport(o.server.records.Find(id)); {
	case there && (!ok || len(report.Within) < len(inMemory.Within)): // what was dropped, or cannot be read now
		writeJSON(w, http.StatusOK, inMemory)
	case err != nil:
		o.unreadable(w, r, err)
	case !ok:
		writeJSON(w, http.StatusNotFound, map[string]string{"requestId": id, "message": o.unknown()})
	case slices.ContainsFunc(list, func(other audit.Report) bool { return other.RequestID != report.RequestID }):
		writeJSON(w, http.StatusNotFound, map[string]string{"requestId": id, "message": "more than one request whose id begins so: say more of it"})
	default:
		writeJSON(w, http.StatusOK, report)
	}
}

// whole reports whether memory has all there is to tell of a request: what
// policies said, and the request around what the program asked of itself.
func whole(r *audit.Report) bool {
	return r.Plane != audit.PlaneProgram && (r.Policies == nil || !r.Policies.Forgotten)
}

// unknown says why a request may not be known.
func (o *operator) unknown() string {
	if limits := o.server.journal.Limits(); o.server.journal.Keeps() {
		return fmt.Sprintf("no record of this request: the newest %d are kept, for %s at most (--keep-requests, --keep-requests-for)", limits.Number, duration(limits.For))
	}
	return fmt.Sprintf("no record of this request: with --keep-requests 0 a node keeps its newest %d in memory (%d that passed, %d refused to callers whom it does not know, the rest refused to those it knows), neither those of other nodes nor those from before it started",
		keptRecords, keptRecords/4, keptRecords/4)
}

// duration is d without the zeros that time.Duration writes: 168h, 90m.
func duration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
