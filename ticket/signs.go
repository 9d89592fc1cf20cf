package ticket

// Sign is a light word about the other side of a conversation. It is of use for seconds: it is kept nowhere, and reaches
// only who is connected to the same gateway.
type Sign string

const (
	SignTyping Sign = "typing" // somebody of us writes an answer
	SignIdle   Sign = "idle"   // and has stopped
	SignSeen   Sign = "seen"   // somebody of us has opened the case
)
