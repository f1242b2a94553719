# Draw with: gnuplot rodeo-gaussian-gradient-variance.gp
set terminal svg size 860,436 enhanced background '#ffffff' font 'Helvetica,Arial,sans-serif,13' linewidth 1
set output 'rodeo-gaussian-gradient-variance.svg'
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
set title 'rodeo-mnist-gaussian' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'model trained by' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [-0.5:1.5]
set xtics norotate noenhanced ('loorf:2' 0, 'rodeo:2' 1)
set ylabel 'gradient variance' noenhanced textcolor rgb '#222222' offset 0.5,0
set logscale y
set format y '10^{%T}'
set yrange [1000.0:10000.0]
set ytics norotate autofreq
plot 'rodeo-gaussian-gradient-variance.dat' index 0 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' notitle, \
  'rodeo-gaussian-gradient-variance.dat' index 1 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' notitle, \
  'rodeo-gaussian-gradient-variance.dat' index 2 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 9 pointsize 0.6 linecolor rgb '#009E73' notitle

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
set key center center horizontal reverse Left maxcols 3 noenhanced samplen 2 textcolor rgb '#222222'
plot [0:1][0:1] NaN with points pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' title 'loorf:2', \
  NaN with points pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' title 'rodeo:2', \
  NaN with points pointtype 9 pointsize 0.6 linecolor rgb '#009E73' title 'disarm'

unset multiplot
