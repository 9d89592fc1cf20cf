package slacksim

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

const maxFile = 64 << 20 // bytes; Slack's is 1 GB, which no test needs

type file struct {
	id, name, title, kind, user string
	size                        int64
	data                        []byte
	sent                        bool // its bytes have come
	created                     time.Time
	channels                    []string
}

func (s *Server) fileObject(f *file) Object {
	ext := strings.TrimPrefix(strings.ToLower(path.Ext(f.name)), ".")
	if ext == "" {
		ext = "binary"
	}
	private := s.base + "/files-pri/" + s.cfg.Team.ID + "-" + f.id + "/" + escapeName(f.name)
	o := Object{"id": f.id, "created": f.created.Unix(), "timestamp": f.created.Unix(), "name": f.name, "title": f.title, "mimetype": f.kind,
		"filetype": ext, "pretty_type": strings.ToUpper(ext), "user": f.user, "user_team": s.cfg.Team.ID, "editable": false, "size": f.size,
		"mode": "hosted", "is_external": false, "external_type": "", "is_public": false, "public_url_shared": false,
		"display_as_bot": false, "username": "", "url_private": private, "url_private_download": private + "?download=1",
		"permalink": s.base + "/files/" + f.user + "/" + f.id, "is_starred": false, "has_rich_preview": false,
		"file_access": "visible", "media_display_type": "unknown"}
	pub, grp, ims := []any{}, []any{}, []any{}
	for _, id := range f.channels {
		switch s.channels[id].kind() {
		case "channel":
			pub = append(pub, id)
		case "im":
			ims = append(ims, id)
		default:
			grp = append(grp, id)
		}
	}
	o["channels"], o["groups"], o["ims"] = pub, grp, ims
	return o
}

func escapeName(name string) string {
	return strings.Map(func(r rune) rune {
		if r < 128 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-') {
			return r
		}
		return '_'
	}, name)
}

func (s *Server) newFile(name, user string, size int64) *file {
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" {
		kind = "application/octet-stream"
	}
	kind, _, _ = mime.ParseMediaType(kind)
	return &file{id: s.id("F"), name: name, title: name, kind: kind, user: user, size: size, created: s.clock.Now()}
}

func (c *call) filesGetUploadURL() (Object, error) {
	n, err := strconv.ParseInt(c.str("length"), 10, 64)
	switch {
	case c.str("filename") == "":
		return nil, invalid("invalid_arguments", "missing required field: filename")
	case err != nil || n <= 0:
		return nil, invalid("invalid_arguments", "missing required field: length")
	case n > maxFile:
		return nil, apiErr("file_upload_size_restricted")
	}
	f := c.s.newFile(c.str("filename"), c.s.bot(), n)
	secret := randomHex(16)
	c.s.uploads[secret] = f
	c.s.files[f.id] = f
	return Object{"upload_url": c.s.base + "/upload/" + secret, "file_id": f.id}, nil
}

// serveUpload takes the bytes, raw or as the file of a form. Bytes that are not as many as were
// announced are refused.
func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	f := s.uploads[r.PathValue("id")]
	s.mu.Unlock()
	if f == nil {
		http.Error(w, "this upload is not known", http.StatusNotFound)
		return
	}
	var in io.Reader = http.MaxBytesReader(w, r.Body, maxFile+1<<20)
	if kind, args, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" && args["boundary"] != "" {
		mr, err := r.MultipartReader()
		if err != nil {
			http.Error(w, "bad form", http.StatusBadRequest)
			return
		}
		for {
			part, err := mr.NextPart()
			if err != nil {
				http.Error(w, "the form holds no file", http.StatusBadRequest)
				return
			}
			if part.FileName() != "" {
				in = io.LimitReader(part, maxFile+1)
				break
			}
		}
	}
	data, err := io.ReadAll(in)
	if err != nil || int64(len(data)) != f.size {
		http.Error(w, fmt.Sprintf("%d bytes were announced, %d came", f.size, len(data)), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	f.data, f.sent = data, true
	s.mu.Unlock()
	fmt.Fprintf(w, "OK - %d", len(data))
}

// filesComplete ends an upload and shares it.
func (c *call) filesComplete() (Object, error) {
	var list []struct{ ID, Title string }
	if ok, err := c.decode("files", &list); err != nil || !ok || len(list) == 0 {
		return nil, invalid("invalid_arguments", "missing required field: files")
	}
	var files []*file
	for _, x := range list {
		f := c.s.files[x.ID]
		if f == nil || !f.sent || len(f.channels) > 0 {
			return nil, apiErr("file_not_found")
		}
		if x.Title != "" {
			f.title = x.Title
		}
		files = append(files, f)
	}
	channels := c.list("channels")
	if id := c.str("channel_id"); id != "" {
		channels = append(channels, id)
	}
	for _, id := range channels {
		if err := c.share(id, files); err != nil {
			return nil, err
		}
	}
	out := make([]any, 0, len(files))
	for _, f := range files {
		for k, v := range c.s.uploads {
			if v == f {
				delete(c.s.uploads, k)
			}
		}
		out = append(out, c.s.fileObject(f))
	}
	return Object{"files": out}, nil
}

func (c *call) share(id string, files []*file) error {
	ch := c.s.channels[id]
	if ch == nil || ch.private && !ch.has(c.s.bot()) {
		return apiErr("channel_not_found")
	}
	if !ch.has(c.s.bot()) {
		return apiErr("not_in_channel")
	}
	if ch.archived {
		return apiErr("is_archived")
	}
	m := &Message{Text: c.str("initial_comment"), User: c.s.bot(), BotID: c.s.cfg.App.BotID, AppID: c.s.cfg.App.ID, BotProfile: c.s.botProfile()}
	if err := c.thread(ch, m); err != nil {
		return err
	}
	if ok, err := c.decode("blocks", &m.Blocks); err != nil {
		return apiErr("invalid_blocks_format")
	} else if ok {
		if err := c.s.checkBlocks(m.Blocks, surfaceMessage); err != nil {
			return err
		}
	}
	c.s.attach(ch, m, files)
	c.s.post(ch, m, false)
	return nil
}

// attach hangs files on a message that is posted next.
func (s *Server) attach(ch *channel, m *Message, files []*file) {
	for _, f := range files {
		f.channels = append(f.channels, ch.id)
		m.Files = append(m.Files, s.fileObject(f))
	}
	m.Upload = len(files) > 0
}

func (c *call) filesInfo() (Object, error) {
	f := c.s.files[c.str("file")]
	if f == nil || !f.sent {
		return nil, apiErr("file_not_found")
	}
	return Object{"file": c.s.fileObject(f), "comments": []any{}}, nil
}

// servePrivateFile gives a file to the holder of the bot token; anybody else is sent to the sign-in
// page, as by Slack.
func (s *Server) servePrivateFile(w http.ResponseWriter, r *http.Request) {
	if ft := s.wireFault("files", ""); ft != nil && !s.suffer(w, r, ft) {
		return
	}
	_, id, _ := strings.Cut(r.PathValue("id"), "-")
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	f := s.files[id]
	err := s.authorize(method{scopes: []string{"files:read"}}, token)
	s.mu.Unlock()
	switch {
	case err != nil:
		http.Redirect(w, r, s.base+"/?redir=%2Ffiles-pri", http.StatusFound)
	case f == nil || !f.sent:
		http.NotFound(w, r)
	default:
		serveFile(w, f)
	}
}

func serveFile(w http.ResponseWriter, f *file) {
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:")
	w.Header().Set("Content-Length", strconv.FormatInt(f.size, 10))
	_, _ = w.Write(f.data)
}
