package slacksim

import (
	"net/http"
)

// listener is one screen that is told of changes.
type listener struct {
	user string
	out  chan Object
}

// tell sends something to the screens of these people, or of all.
func (s *Server) tell(o Object, users ...string) {}

func (s *Server) simRoutes(mux *http.ServeMux) {}
