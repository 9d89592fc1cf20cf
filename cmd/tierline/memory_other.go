//go:build !linux

package main

func dropProgram() {} // the system does so when it needs the memory
