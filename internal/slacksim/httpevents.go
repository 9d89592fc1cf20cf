package slacksim

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sendHTTP posts an envelope to the app's request URL, signed. An answer of 2xx in time acknowledges.
func (s *Server) sendHTTP(e *envelope) {
	body, kind := httpBody(e)
	attempt, reason := e.attempt, e.reason
	if s.closed {
		return
	}
	s.work.Go(func() {
		status, noRetry, answerBody, err := s.request(body, kind, attempt, reason)
		s.mu.Lock()
		defer s.mu.Unlock()
		if e.attempt != attempt || !slices.Contains(s.pending, e) {
			return // it was given up meanwhile
		}
		switch {
		case err != nil:
			s.failed(e, "connection_failed", 0)
		case status/100 != 2 && noRetry:
			s.finish(e, answer{status: status})
		case status/100 != 2:
			s.failed(e, "http_error", status)
		default:
			s.finish(e, answer{acked: true, payload: answerBody})
		}
	})
}

func httpBody(e *envelope) (body []byte, kind string) {
	const form = "application/x-www-form-urlencoded"
	if e.kind == kindSlash {
		v := url.Values{}
		for k, x := range e.payload {
			v.Set(k, fmt.Sprint(x))
		}
		return []byte(v.Encode()), form
	}
	b, err := json.Marshal(e.payload)
	if err != nil {
		panic(err) // payloads are made here, of JSON types
	}
	if e.kind == kindInteract {
		return []byte(url.Values{"payload": {string(b)}}.Encode()), form
	}
	return b, "application/json"
}

// request makes one signed POST (https://docs.slack.dev/authentication/verifying-requests-from-slack).
func (s *Server) request(body []byte, kind string, attempt int, reason string) (status int, noRetry bool, answer []byte, err error) {
	ctx, cancel := context.WithTimeout(s.ctx, 2*s.cfg.AckTimeout) // late answers are thrown away by the timer
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.App.RequestURL, bytes.NewReader(body))
	if err != nil {
		return 0, false, nil, err
	}
	ts := strconv.FormatInt(s.clock.Now().Unix(), 10)
	req.Header.Set("Content-Type", kind)
	req.Header.Set("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
	req.Header.Set("X-Slack-Request-Timestamp", ts)
	req.Header.Set("X-Slack-Signature", Sign(s.cfg.App.SigningSecret, ts, body))
	if attempt > 0 {
		req.Header.Set("X-Slack-Retry-Num", strconv.Itoa(attempt))
		req.Header.Set("X-Slack-Retry-Reason", reason)
	}
	client := &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return 0, false, nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	return res.StatusCode, res.Header.Get("X-Slack-No-Retry") == "1", b, err
}

// Sign is the value of X-Slack-Signature.
func Sign(secret, timestamp string, body []byte) string {
	h := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(h, "v0:%s:", timestamp) // a hash never fails
	_, _ = h.Write(body)
	return "v0=" + hex.EncodeToString(h.Sum(nil))
}

// VerifyURL does Slack's url_verification of the app's request URL: the challenge must come back.
func (s *Server) VerifyURL() error {
	challenge := randomHex(24)
	b, err := json.Marshal(Object{"token": s.cfg.App.VerificationToken, "challenge": challenge, "type": "url_verification"})
	if err != nil {
		return err
	}
	status, _, body, err := s.request(b, "application/json", 0, "")
	if err != nil {
		return fmt.Errorf("slacksim: the request URL did not answer: %w", err)
	}
	var o struct{ Challenge string }
	if status != http.StatusOK || strings.TrimSpace(string(body)) != challenge && (json.Unmarshal(body, &o) != nil || o.Challenge != challenge) {
		return fmt.Errorf("slacksim: the request URL did not give the challenge back: status %d", status)
	}
	return nil
}
