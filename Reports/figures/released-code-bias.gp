# Draw with: gnuplot released-code-bias.gp
set terminal svg size 860,508 enhanced background '#ffffff' font 'Helvetica,Arial,sans-serif,13' linewidth 1
set output 'released-code-bias.svg'
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
set bmargin at screen 0.33465
set tmargin at screen 0.93307
set title '' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'problem' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [0.0:19.0]
set ylabel 'relative bias' noenhanced textcolor rgb '#222222' offset 0.5,0
set logscale y
set format y '10^{%T}'
set yrange [*:*]
plot 'released-code-bias.dat' index 0 using 1:2 with points pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' notitle, \
  'released-code-bias.dat' index 1 using 1:2 with points pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' notitle, \
  'released-code-bias.dat' index 2 using 1:2 with points pointtype 9 pointsize 0.6 linecolor rgb '#009E73' notitle, \
  'released-code-bias.dat' index 3 using 1:2 with points pointtype 11 pointsize 0.6 linecolor rgb '#CC79A7' notitle, \
  'released-code-bias.dat' index 4 using 1:2 with points pointtype 13 pointsize 0.6 linecolor rgb '#E69F00' notitle, \
  'released-code-bias.dat' index 5 using 1:2 with points pointtype 6 pointsize 0.6 linecolor rgb '#56B4E9' notitle, \
  'released-code-bias.dat' index 6 using 1:2 with points pointtype 4 pointsize 0.6 linecolor rgb '#000000' notitle, \
  'released-code-bias.dat' index 7 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#0072B2' notitle, \
  'released-code-bias.dat' index 8 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#009E73' notitle, \
  'released-code-bias.dat' index 9 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#CC79A7' notitle

set lmargin at screen 0
set rmargin at screen 1
set bmargin at screen 0
set tmargin at screen 0.21260
unset title
unset xlabel
unset ylabel
unset logscale
unset border
unset tics
unset grid
set key center center horizontal reverse Left maxcols 3 noenhanced samplen 2 textcolor rgb '#222222'
plot [0:1][0:1] NaN with points pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' title 'arms-2-epsilon', \
  NaN with points pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' title 'arms-4-epsilon', \
  NaN with points pointtype 9 pointsize 0.6 linecolor rgb '#009E73' title 'carms-i-2-clipped-ratio', \
  NaN with points pointtype 11 pointsize 0.6 linecolor rgb '#CC79A7' title 'carms-i-3-clipped-ratio', \
  NaN with points pointtype 13 pointsize 0.6 linecolor rgb '#E69F00' title 'carms-sb-3-epsilon', \
  NaN with points pointtype 6 pointsize 0.6 linecolor rgb '#56B4E9' title 'carms-g-2-monte-carlo', \
  NaN with points pointtype 4 pointsize 0.6 linecolor rgb '#000000' title 'disarm-iw-without-ordering', \
  NaN with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#0072B2' title 'local-arms-2-3-mean', \
  NaN with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#009E73' title 'rodeo-2-added-constant', \
  NaN with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#CC79A7' title 'arms-normal-2-jitter'

unset multiplot
