package slackapp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/slack-go/slack"

	"tierline/ticket"
)

// MaxFile is the largest file that is taken over from Slack, or uploaded to it, in bytes.
const MaxFile = 100 << 20

// Fetch brings the files of a message into the blobs. A file that cannot be had (deleted, hidden by
// the plan's limit, too large) is named in warnings instead; an error means to try again.
func (a *App) Fetch(ctx context.Context, blobs ticket.Blobs, files []File) (list []ticket.Attachment, warnings []string, err error) {
	for i, f := range files {
		name := FileName(first(f.Name, f.Title, f.ID))
		if i >= ticket.MaxAttachments {
			warnings = append(warnings, fmt.Sprintf("%d more files were left in Slack", len(files)-i))
			break
		}
		if why := f.unfit(); why != "" {
			warnings = append(warnings, fmt.Sprintf("The file %q was left in Slack: %s", name, why))
			continue
		}
		att, err := a.fetch(ctx, blobs, f)
		switch {
		case err == nil:
			att.Name = name
			list = append(list, att)
		case ticket.KindOf(err) == ticket.Transient || ticket.KindOf(err) == ticket.Internal:
			return nil, nil, err
		default:
			warnings = append(warnings, fmt.Sprintf("The file %q was left in Slack: %s", name, ticket.Explain(err)))
		}
	}
	return list, warnings, nil
}

func (f File) unfit() string {
	switch {
	case f.Mode == "tombstone":
		return "it was deleted"
	case f.Mode == "hidden_by_limit":
		return "the workspace's plan hides it"
	case f.Mode == "external" || first(f.URL, f.URLView) == "":
		return "it is kept elsewhere"
	case f.Access == "access_denied" || f.Access == "file_not_found":
		return "it may not be read"
	case f.Size > MaxFile:
		return "it is too large"
	}
	return ""
}

// fetch gets one file. Only hosts of Slack's are given the token for it.
func (a *App) fetch(ctx context.Context, blobs ticket.Blobs, f File) (ticket.Attachment, error) {
	const op = "slack.file"
	w, _, err := a.at(f.ID)
	if err != nil {
		return ticket.Attachment{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, first(f.URL, f.URLView), nil)
	if err != nil || !a.ours(req.URL) {
		return ticket.Attachment{}, ticket.Errorf(op, ticket.Invalid, "it is kept elsewhere")
	}
	_, token := w.client()
	req.Header.Set("Authorization", "Bearer "+token.Reveal())
	resp, err := a.http.Do(req)
	if err != nil {
		return ticket.Attachment{}, fault(op, err)
	}
	defer resp.Body.Close()
	switch at := resp.Request.URL; {
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone:
		return ticket.Attachment{}, ticket.Errorf(op, ticket.NotFound, "it was deleted")
	case resp.StatusCode == http.StatusForbidden, at.Query().Get("redir") == req.URL.Path && req.URL.Path != "": // the page to sign in
		return ticket.Attachment{}, ticket.Errorf(op, ticket.Denied, "it may not be read")
	case resp.StatusCode != http.StatusOK:
		return ticket.Attachment{}, fault(op, slack.StatusCodeError{Code: resp.StatusCode, Status: resp.Status})
	}
	sum, size, err := blobs.Put(ctx, resp.Body, MaxFile)
	if err != nil {
		return ticket.Attachment{}, fault(op, err)
	}
	return ticket.Attachment{Type: first(f.Mimetype, "application/octet-stream"), Size: size, SHA256: sum}, nil
}

// ours says whether files of Slack's are kept at an address: at one of Slack's, or where the Web API is; when that is
// this machine, anywhere on it.
func (a *App) ours(u *url.URL) bool {
	api, err := url.Parse(a.base)
	if err != nil || u.User != nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	for _, d := range []string{"slack.com", "slack-gov.com"} {
		if u.Scheme == "https" && (host == d || strings.HasSuffix(host, "."+d)) {
			return true
		}
	}
	here := func(host string) bool { return host == "localhost" || net.ParseIP(host).IsLoopback() }
	return u.Scheme == api.Scheme && u.Host == api.Host || here(host) && here(api.Hostname())
}

// FileName is a base name that is safe to keep and to show.
func FileName(s string) string {
	s = path.Base(strings.ReplaceAll(Line(s), `\`, "/"))
	if s == "." || s == "/" || s == "" {
		s = "file"
	}
	return Cut(s, 200)
}

// Upload shares a file in a channel or a thread.
// https://docs.slack.dev/messaging/working-with-files#upload
func (a *App) Upload(ctx context.Context, channel, thread, name, title string, size int64, r io.Reader) error {
	if size <= 0 || size > MaxFile {
		return ticket.Errorf("slack.upload", ticket.Invalid, "%s cannot be put into Slack: it has %d bytes.", name, size)
	}
	w, channel, err := a.at(channel)
	if err != nil {
		return err
	}
	var up *slack.GetUploadURLExternalResponse
	err = w.do(ctx, "files.getUploadURLExternal", "", func(ctx context.Context, api *slack.Client) (err error) {
		up, err = api.GetUploadURLExternalContext(ctx, slack.GetUploadURLExternalParameters{FileName: name, FileSize: int(size)})
		return err
	})
	if err != nil {
		return err
	}
	if err := a.upload(ctx, up.UploadURL, size, r); err != nil {
		return err
	}
	return w.do(ctx, "files.completeUploadExternal", "", func(ctx context.Context, api *slack.Client) error {
		_, err := api.CompleteUploadExternalContext(ctx, slack.CompleteUploadExternalParameters{
			Files: []slack.FileSummary{{ID: up.FileID, Title: title}}, Channel: channel, ThreadTimestamp: thread})
		return err
	})
}

// upload puts a file where Slack has said. The address lets it in: no token goes there.
func (a *App) upload(ctx context.Context, to string, size int64, r io.Reader) error {
	const op = "slack.upload"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, io.LimitReader(r, size))
	if err != nil {
		return ticket.E(op, ticket.Transient, errors.New("the answer names no address to upload to"))
	}
	req.ContentLength = size
	req.Header.Set("Content-Type", "application/octet-stream")
	resp, err := a.http.Do(req)
	if err != nil {
		return fault(op, err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxRefusal))
	if resp.StatusCode != http.StatusOK {
		return fault(op, slack.StatusCodeError{Code: resp.StatusCode, Status: resp.Status})
	}
	return nil
}

// Share uploads attachments into a thread, each once: what stands there under the same title is not
// uploaded again. label makes the titles unique: "T-1042 #3".
func (a *App) Share(ctx context.Context, blobs ticket.Blobs, channel, thread, label string, list []ticket.Attachment, again bool) error {
	there := map[string]bool{}
	if again && len(list) > 0 {
		_, err := a.Read(ctx, Range{Channel: channel, Thread: thread, Limit: 2000}, func(m Message) bool {
			for _, f := range m.Files {
				there[f.Title] = true
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	for i, att := range list {
		name := FileName(att.Name)
		title := fmt.Sprintf("%s (%d/%d) %s", label, i+1, len(list), Cut(name, 100))
		if there[title] || att.Size == 0 {
			continue
		}
		if err := a.share(ctx, blobs, channel, thread, name, title, att); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) share(ctx context.Context, blobs ticket.Blobs, channel, thread, name, title string, att ticket.Attachment) error {
	r, err := blobs.Open(ctx, att.SHA256)
	if err != nil {
		return err
	}
	defer r.Close()
	return a.Upload(ctx, channel, thread, name, title, att.Size, r)
}
