//go:build race

package workbook

// scale is as large as the race detector is slow.
const scale = 8
