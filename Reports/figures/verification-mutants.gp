# Draw with: gnuplot verification-mutants.gp
set terminal svg size 860,436 enhanced background '#ffffff' font 'Helvetica,Arial,sans-serif,13' linewidth 1
set output 'verification-mutants.svg'
set encoding utf8
set multiplot
set style line 100 linecolor rgb '#dddddd' linewidth 0.7
set border 3 linecolor rgb '#444444' linewidth 1
set tics nomirror scale 0.6 textcolor rgb '#222222'
set grid linestyle 100
set style fill solid 0.22 noborder
set key off

set lmargin at screen 0.09767
set rmargin at screen 0.98140
set bmargin at screen 0.22477
set tmargin at screen 0.92202
set title '' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'exact bias relative to the gradient' noenhanced textcolor rgb '#222222' offset 0,0.3
set logscale x
set format x '10^{%T}'
set xrange [*:*]
set ylabel 'draws until caught' noenhanced textcolor rgb '#222222' offset 0.5,0
set logscale y
set format y '10^{%T}'
set yrange [*:*]
plot 'verification-mutants.dat' index 0 using 1:2 with points pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' notitle, \
  'verification-mutants.dat' index 1 using 1:2 with points pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' notitle

set lmargin at screen 0
set rmargin at screen 1
set bmargin at screen 0
set tmargin at screen 0.08257
unset title
unset xlabel
unset ylabel
unset logscale
unset border
unset tics
unset grid
set key center center horizontal reverse Left maxcols 2 noenhanced samplen 2 textcolor rgb '#222222'
plot [0:1][0:1] NaN with points pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' title 'sampler-law', \
  NaN with points pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' title 'float-path'

unset multiplot
