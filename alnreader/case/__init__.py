"""The ground floor: what a second reading is. numpy and the standard library only."""
