package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/gateway/accesslog"
)

const (
	defaultLines = 100
	maxLines     = 1_000_000
)

// accessLogGroup is a log group that has an access log. Members are added, never
// renamed.
type accessLogGroup struct {
	Region string `json:"region"`
	Name   string `json:"name"`
}

// accessLogList answers who names no group.
type accessLogList struct {
	Groups []accessLogGroup `json:"groups"`
	Folder string           `json:"folder"` // where their files are, on the server's machine
}

// accessLogs lists the log groups or, of one, streams its newest lines as they
// are in its files, and with follow=true what is written from then on.
func (o *operator) accessLogs(w http.ResponseWriter, r *http.Request) {
	q, err := readLogQuery(r.URL.Query(), o.server.config.Region)
	if err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]string{"message": err.Error()})
		return
	}
	if q.group.Name == "" {
		o.listAccessLogs(w)
		return
	}
	if q.follow {
		select {
		case o.followers <- struct{}{}:
			defer func() { <-o.followers }()
		default:
			writeJSON(w, http.StatusTooManyRequests, map[string]string{"message": fmt.Sprintf("%d follow what happens at this server already", maxFollowers)})
			return
		}
	}
	o.server.accessLog.Flush()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(o.life, cancel)()
	out := &lineStream{w: w, control: http.NewResponseController(w)}
	_ = out.control.SetReadDeadline(time.Time{}) // or the server's limit for a request would end this one
	if q.follow {
		out.begin() // there may be nothing to say for long
	}
	err = accesslog.Tail(ctx, o.server.accessLogFolder, q.group, q.lines, q.follow, out)
	switch {
	case out.begun || err == nil:
		out.begin()
	case errors.Is(err, accesslog.ErrNoLog):
		writeJSON(w, http.StatusNotFound, map[string]string{"message": fmt.Sprintf("no access log of %s in %s", q.group.Name, q.group.Region), "requestId": q.group.Name})
	default:
		o.server.logger.Error("an access log cannot be read", "error", err)
		writeJSON(w, http.StatusInternalServerError, map[string]string{"message": "the access log cannot be read; see the log"})
	}
}

func (o *operator) listAccessLogs(w http.ResponseWriter) {
	groups, err := accesslog.Groups(o.server.accessLogFolder)
	if err != nil {
		o.server.logger.Error("access logs cannot be listed", "error", err)
		writeJSON(w, http.StatusInternalServerError, map[string]string{"message": "the access logs cannot be listed; see the log"})
		return
	}
	list := accessLogList{Groups: []accessLogGroup{}, Folder: o.server.accessLogFolder}
	for _, g := range groups {
		list.Groups = append(list.Groups, accessLogGroup{g.Region, g.Name})
	}
	writeJSON(w, http.StatusOK, list)
}

// logQuery is which lines somebody wants. No name of a group: which groups there are.
type logQuery struct {
	group  accesslog.LogGroup
	lines  int
	follow bool
}

// readLogQuery takes each parameter once, and none that it does not know.
func readLogQuery(given url.Values, region string) (logQuery, error) {
	q := logQuery{group: accesslog.LogGroup{Region: region}, lines: defaultLines}
	for name, values := range given {
		if len(values) > 1 {
			return q, fmt.Errorf("%.40q is given more than once", name)
		}
		value, err := values[0], error(nil)
		switch name {
		case "group":
			q.group.Name = value
		case "region":
			q.group.Region = value
		case "lines":
			if q.lines, err = strconv.Atoi(value); err != nil || q.lines < 0 || q.lines > maxLines {
				err = fmt.Errorf("lines is a number from 0 to %d", maxLines)
			}
		case "follow":
			if q.follow = value == "true"; !q.follow && value != "false" {
				err = errors.New("follow is true or false")
			}
		default:
			err = fmt.Errorf("%.40q is nothing that an access log is asked for", name)
		}
		if err != nil {
			return q, err
		}
	}
	if q.group.Name == "" {
		return q, nil
	}
	return q, q.group.Check()
}

// lineStream sends what it is given at once.
type lineStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	begun   bool
}

// begin sends the headers, once.
func (s *lineStream) begin() {
	if !s.begun {
		s.begun = true
		s.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_ = s.control.Flush() // a client that has left shows at the next write
	}
}

func (s *lineStream) Write(text []byte) (int, error) {
	s.begin()
	_ = s.control.SetWriteDeadline(time.Now().Add(followWait))
	n, err := s.w.Write(text)
	if err == nil {
		err = s.control.Flush()
	}
	return n, err
}
