package main

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"tierline/config"
	"tierline/config/secret"
)

const secretBytes = 32

// ownSecrets gives every part that signs something a secret of its own, derived (RFC 5869) from the
// one of the configuration, or from one that is made once and kept in the data directory. What the
// configuration sets stays.
func ownSecrets(c *config.Config) error {
	master := c.Secret.Reveal()
	if master == "" {
		var err error
		if master, err = keptSecret(filepath.Join(c.Data, "secret")); err != nil {
			return err
		}
	}
	for _, own := range c.OwnSecrets() {
		if !own.Secret.IsZero() {
			continue
		}
		key, err := hkdf.Key(sha256.New, []byte(master), nil, "tierline "+own.Use, secretBytes)
		if err != nil {
			return fmt.Errorf("deriving a secret: %w", err)
		}
		*own.Secret = secret.New(hex.EncodeToString(key))
	}
	return nil
}

// keptSecret reads the file, or makes it.
func keptSecret(path string) (string, error) {
	key := make([]byte, secretBytes)
	_, _ = rand.Read(key) // never fails (crypto/rand)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		raw, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("the gateway's secret: %w", err)
		}
		if s := strings.TrimSpace(string(raw)); len(s) >= secretBytes {
			return s, nil
		}
		return "", fmt.Errorf("the gateway's secret: %s is cut short; delete it, and chats and signed links start anew", path)
	}
	if err != nil {
		return "", fmt.Errorf("the gateway's secret: %w", err)
	}
	s := hex.EncodeToString(key)
	_, err = f.WriteString(s + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", fmt.Errorf("the gateway's secret: %w", err)
	}
	return s, nil
}
