package slacksim

import (
	"fmt"
	"mime"
	"path"
	"slices"
	"strings"
)

// Upload is a file that a person sends.
type Upload struct {
	Name string
	Type string // media type; "" goes by the name
	Data []byte
}

// place finds a person and a channel they are in; channels go by id or name.
func (s *Server) place(uid, channelRef string) (*user, *channel, error) {
	u := s.member(uid)
	if u == nil {
		return nil, nil, fmt.Errorf("slacksim: there is no user %q", uid)
	}
	ch := s.channels[channelRef]
	if ch == nil {
		ch = s.channelNamed(strings.TrimPrefix(channelRef, "#"))
	}
	if ch == nil {
		return nil, nil, fmt.Errorf("slacksim: there is no channel %q", channelRef)
	}
	if !ch.has(u.ID) {
		return nil, nil, fmt.Errorf("slacksim: %s is not in %s", u.Name, channelRef)
	}
	return u, ch, nil
}

func (s *Server) placeOf(uid, channelRef, ts string) (*user, *channel, *Message, error) {
	u, ch, err := s.place(uid, channelRef)
	if err != nil {
		return nil, nil, nil, err
	}
	m := ch.find(ts)
	if m == nil || m.Ephemeral && m.seenBy != u.ID {
		return nil, nil, nil, fmt.Errorf("slacksim: there is no message %s in %s", ts, channelRef)
	}
	return u, ch, m, nil
}

// Say has a person write a message, in a thread unless thread is "". People and channels go by id or
// name. What they type is escaped and linked as Slack's own clients do; "@name" becomes a mention.
func (s *Server) Say(uid, channel, text, thread string) (ts string, err error) {
	return s.SayWith(uid, channel, text, thread)
}

// SayWith is Say with files.
func (s *Server) SayWith(uid, channel, text, thread string, files ...Upload) (ts string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ch, err := s.place(uid, channel)
	switch {
	case err != nil:
		return "", err
	case ch.archived:
		return "", fmt.Errorf("slacksim: %s is archived", channel)
	case strings.TrimSpace(text) == "" && len(files) == 0:
		return "", fmt.Errorf("slacksim: an empty message cannot be sent")
	case len([]rune(text)) > maxText:
		return "", fmt.Errorf("slacksim: the message is longer than %d characters", maxText)
	case thread != "" && ch.root(thread) == nil:
		return "", fmt.Errorf("slacksim: there is no thread %s in %s", thread, channel)
	}
	formatted := s.typed(text)
	m := &Message{User: u.ID, Text: formatted, ClientMsgID: randomID(), ThreadTS: thread}
	if formatted != "" {
		m.Blocks = []Object{richText(s.id("b"), formatted)}
	}
	var stored []*file
	for _, f := range files {
		n := s.newFile(f.Name, u.ID, int64(len(f.Data)))
		n.data, n.sent = slices.Clone(f.Data), true
		if f.Type != "" {
			n.kind = f.Type
		} else if t := mime.TypeByExtension(path.Ext(f.Name)); t != "" {
			n.kind = t
		}
		s.files[n.id] = n
		stored = append(stored, n)
	}
	if len(stored) > 0 {
		m.ClientMsgID = ""
	}
	s.attach(ch, m, stored)
	s.post(ch, m, false)
	return m.TS, nil
}

// Pick has a person choose files for a form. What it gives is the value of a file_input in [Server.Submit].
func (s *Server) Pick(uid string, files ...Upload) (map[string]any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.member(uid)
	if u == nil {
		return nil, fmt.Errorf("slacksim: there is no user %q", uid)
	}
	list := make([]any, 0, len(files))
	for _, f := range files {
		n := s.newFile(f.Name, u.ID, int64(len(f.Data)))
		n.data, n.sent = slices.Clone(f.Data), true
		if f.Type != "" {
			n.kind = f.Type
		}
		s.files[n.id] = n
		list = append(list, s.fileObject(n))
	}
	return map[string]any{"files": list}, nil
}

// Edit has a person change what they wrote.
func (s *Server) Edit(uid, channel, ts, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ch, m, err := s.placeOf(uid, channel, ts)
	if err != nil {
		return err
	}
	if m.User != u.ID {
		return fmt.Errorf("slacksim: %s did not write that", u.Name)
	}
	formatted := s.typed(text)
	s.edit(ch, m, u.ID, func(m *Message) { m.Text, m.Blocks = formatted, []Object{richText(s.id("b"), formatted)} })
	return nil
}

// Delete has a person delete what they wrote, or close an ephemeral message.
func (s *Server) Delete(uid, channel, ts string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ch, m, err := s.placeOf(uid, channel, ts)
	if err != nil {
		return err
	}
	if m.User != u.ID && !m.Ephemeral {
		return fmt.Errorf("slacksim: %s did not write that", u.Name)
	}
	s.drop(ch, m)
	return nil
}

// React has a person add a reaction, or take it back when it is there.
func (s *Server) React(uid, channel, ts, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ch, m, err := s.placeOf(uid, channel, ts)
	if err != nil {
		return err
	}
	if !s.react(ch, m, u.ID, name, true) {
		s.react(ch, m, u.ID, name, false)
	}
	return nil
}

// Click has a person click a button of a message; the ref is its action id, or "block/action" where
// several share one. It waits for the acknowledgement and gives [ErrNoAnswer] when none comes.
func (s *Server) Click(uid, channel, ts, ref string) error {
	return s.Choose(uid, channel, ts, ref, nil)
}

// Choose has a person choose from a menu of a message: the value of an option, a user's id, a date …
func (s *Server) Choose(uid, channel, ts, ref string, value any) error {
	s.mu.Lock()
	u, ch, m, err := s.placeOf(uid, channel, ts)
	var action Object
	if err == nil {
		action, err = s.actionIn(m.Blocks, ref, value)
	}
	if err != nil {
		s.mu.Unlock()
		return err
	}
	done := s.clickMessage(u.ID, ch, m, action, nil)
	s.mu.Unlock()
	_, err = s.await(done)
	return err
}

// actionIn is what is sent for a choice. Of several menus of one action, it is made in the first that offers it.
func (s *Server) actionIn(blocks []Object, ref string, value any) (Object, error) {
	e, err := findElement(blocks, ref)
	if err != nil {
		return nil, err
	}
	a, err := actionOf(e, value)
	for _, o := range elements(blocks) {
		if err == nil {
			break
		}
		if o.actionID() == ref {
			if b, e := actionOf(o, value); e == nil {
				a, err = b, nil
			}
		}
	}
	return a, err
}

// ClickIn has a person click a button of the modal or Home tab viewID.
func (s *Server) ClickIn(uid, viewID, ref string) error { return s.ChooseIn(uid, viewID, ref, nil) }

// ChooseIn has a person choose from a menu of the modal or Home tab viewID.
func (s *Server) ChooseIn(uid, viewID, ref string, value any) error {
	s.mu.Lock()
	u, v, err := s.viewOf(uid, viewID)
	var action Object
	if err == nil {
		action, err = s.actionIn(v.Blocks, ref, value)
	}
	if err != nil {
		s.mu.Unlock()
		return err
	}
	done := s.clickView(u.ID, v, action, nil)
	s.mu.Unlock()
	_, err = s.await(done)
	return err
}

// viewOf finds a view in front of a person.
func (s *Server) viewOf(uid, viewID string) (*user, *View, error) {
	u := s.member(uid)
	if u == nil {
		return nil, nil, fmt.Errorf("slacksim: there is no user %q", uid)
	}
	v := s.views[viewID]
	if v == nil || v.user != u.ID || v.Type == "modal" && s.top(u.ID) != v {
		return nil, nil, fmt.Errorf("slacksim: the view %s is not in front of %s", viewID, u.Name)
	}
	return u, v, nil
}

// Submit has a person fill in the modal in front of them and send it. Values go by block id, action
// id or "block/action"; each is a string, a list of strings, or the object that Slack sends. Menus
// take the values of their options. A field that is required and empty is not sent: the answer holds
// Slack's own errors then.
func (s *Server) Submit(uid, viewID string, values map[string]any) (Answer, error) {
	u, err := s.userID(uid)
	if err != nil {
		return Answer{}, err
	}
	return s.submit(u, viewID, func(v *View) (Object, error) { return setValues(v, values) })
}

func (s *Server) userID(ref string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.member(ref)
	if u == nil {
		return "", fmt.Errorf("slacksim: there is no user %q", ref)
	}
	return u.ID, nil
}

// CloseView has a person close the modal in front of them; all closes those below it too.
func (s *Server) CloseView(uid, viewID string, all bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, v, err := s.viewOf(uid, viewID)
	if err != nil {
		return err
	}
	all = all || v.ClearOnClose
	stack := slices.Clone(s.modals[u.ID])
	s.dismiss(u.ID, all)
	for i, x := range slices.Backward(stack) {
		if x.NotifyOnClose && (all || i == len(stack)-1) {
			p := s.interaction("view_closed", u.ID)
			p["view"], p["is_cleared"] = x.object(), all
			s.interact(kindInteract, p, false)
		}
	}
	return nil
}
