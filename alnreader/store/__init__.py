"""What is kept between two starts: the work list, the journal, and case files that another machine opens."""
