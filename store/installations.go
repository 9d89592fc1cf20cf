package store

import (
	"context"
	"strconv"

	"tierline/ticket"
)

// Installations lists where the desk's app is and was installed; see [ticket.Installations].
func (s *Store) Installations(ctx context.Context) (out []ticket.Installation, err error) {
	err = s.each(ctx, "SELECT doc, sealed, rev FROM installations ORDER BY key", nil, func(scan func(...any) error) error {
		i, err := scanInstallation(scan)
		out = append(out, i)
		return err
	})
	return out, failure("store.Installations", err)
}

func scanInstallation(scan func(...any) error) (i ticket.Installation, err error) {
	var d, sealed string
	var rev int64
	if err = scan(&d, &sealed, &rev); err == nil {
		err = undoc(d, &i)
	}
	i.Sealed, i.Rev = sealed, rev
	return i, err
}

// PutInstallation saves one that was decided on as of its Rev; see [ticket.Installations].
func (s *Store) PutInstallation(ctx context.Context, i ticket.Installation) (ticket.Installation, error) {
	const op = "store.PutInstallation"
	if i.Key == "" || i.Key != shortKey(i.Key) {
		return i, ticket.Errorf(op, ticket.Invalid, "%.40q is no id of a workspace.", i.Key)
	}
	i.At, i.Ended, i.Expires, i.Renew, i.Began = micro(i.At), micro(i.Ended), micro(i.Expires), micro(i.Renew), micro(i.Began)
	saved := i
	err := s.write(ctx, op, func(t *tx) (err error) {
		saved, err = t.putInstallation(i)
		return err
	})
	if err != nil {
		return i, err
	}
	return saved, nil
}

func (t *tx) putInstallation(i ticket.Installation) (ticket.Installation, error) {
	var was ticket.Installation
	home := ""
	err := t.each("SELECT doc, sealed, rev FROM installations WHERE key=$1 OR home=1 ORDER BY key FOR UPDATE", []any{i.Key}, func(scan func(...any) error) error {
		x, err := scanInstallation(scan)
		if x.Key == i.Key {
			was = x
		} else if x.Home {
			home = x.Title()
		}
		return err
	})
	switch {
	case err != nil:
		return i, err
	case was.Rev != i.Rev:
		return i, ticket.Errorf("store.PutInstallation", ticket.Conflict, "The installation in %s has changed meanwhile.", i.Title())
	case i.Home && home != "":
		return i, ticket.Errorf("store.PutInstallation", ticket.Conflict, "%s is the home already.", home)
	}
	i.Rev++
	d, err := doc(i)
	if err != nil {
		return i, err
	}
	query := "UPDATE installations SET rev=$2, home=$3, sealed=$4, doc=$5 WHERE key=$1"
	if was.Rev == 0 {
		query = "INSERT INTO installations (key, rev, home, sealed, doc) VALUES ($1, $2, $3, $4, $5)"
	}
	isHome := 0
	if i.Home {
		isHome = 1
	}
	if _, err := t.exec(query, i.Key, i.Rev, isHome, i.Sealed, d); err != nil {
		return i, err
	}
	return i, t.logInstallation(was, i)
}

// logInstallation writes down what people would ask about later; a token that was renewed is none of it.
func (t *tx) logInstallation(was, i ticket.Installation) error {
	kind, why := "", ""
	switch {
	case !i.Live() && (was.Live() || was.Rev == 0):
		kind, why = "uninstalled", i.Why
	case i.Live() && (was.Rev == 0 || !was.Live() || !was.At.Equal(i.At)):
		kind = "installed"
	case i.Fault != was.Fault:
		kind, why = "installation", i.Fault
	default:
		return nil
	}
	data := map[string]string{"workspace": i.Key, "name": i.Name}
	if i.Home {
		data["home"] = strconv.FormatBool(true)
	}
	return t.log(kind, i.By, why, data)
}
