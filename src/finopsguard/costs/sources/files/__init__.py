"""Files of daily costs that people have: what is read of them, what is said of them, and what is refused.

`reader` reads; `opened` finds the files behind what was given (folder, archive, pattern, standard input), `looked`
says what each of them is. Dialects are data: `dialects` has the tables of columns (CUR, FOCUS, plain), `console` and
`answers` take the two apart that are no tables of rows. `staged` adds up in DuckDB, `cells` says what each row is,
`gaps` what is unknown.
"""
