# Draw with: gnuplot carms-toy-variance.gp
set terminal svg size 860,676 enhanced background '#ffffff' font 'Helvetica,Arial,sans-serif,13' linewidth 1
set output 'carms-toy-variance.svg'
set encoding utf8
set multiplot
set style line 100 linecolor rgb '#dddddd' linewidth 0.7
set border 3 linecolor rgb '#444444' linewidth 1
set tics nomirror scale 0.6 textcolor rgb '#222222'
set grid linestyle 100
set style fill solid 0.22 noborder
set key off

set lmargin at screen 0.09767
set rmargin at screen 0.48140
set bmargin at screen 0.61834
set tmargin at screen 0.94970
set title 'K = 1, entropy 2.34 nats' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'coordinate' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [0.5:9.5]
set ylabel 'variance' noenhanced textcolor rgb '#222222' offset 0.5,0
set logscale y
set format y '10^{%T}'
set yrange [*:*]
plot 'carms-toy-variance.dat' index 0 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'carms-toy-variance.dat' index 1 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' notitle, \
  'carms-toy-variance.dat' index 2 using 1:2 with points pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' notitle, \
  'carms-toy-variance.dat' index 3 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'carms-toy-variance.dat' index 4 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 9 pointsize 0.6 linecolor rgb '#009E73' notitle, \
  'carms-toy-variance.dat' index 5 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'carms-toy-variance.dat' index 6 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 11 pointsize 0.6 linecolor rgb '#CC79A7' notitle

set lmargin at screen 0.59767
set rmargin at screen 0.98140
set bmargin at screen 0.61834
set tmargin at screen 0.94970
set title 'K = 10, entropy 3.29 nats' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'coordinate' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [0.5:9.5]
set ylabel 'variance' noenhanced textcolor rgb '#222222' offset 0.5,0
set logscale y
set format y '10^{%T}'
set yrange [*:*]
plot 'carms-toy-variance.dat' index 7 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'carms-toy-variance.dat' index 8 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' notitle, \
  'carms-toy-variance.dat' index 9 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' notitle, \
  'carms-toy-variance.dat' index 10 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'carms-toy-variance.dat' index 11 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 9 pointsize 0.6 linecolor rgb '#009E73' notitle, \
  'carms-toy-variance.dat' index 12 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'carms-toy-variance.dat' index 13 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 11 pointsize 0.6 linecolor rgb '#CC79A7' notitle

set lmargin at screen 0.09767
set rmargin at screen 0.48140
set bmargin at screen 0.14497
set tmargin at screen 0.47633
set title 'K = 100, entropy 3.27 nats' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'coordinate' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [0.5:9.5]
set ylabel 'variance' noenhanced textcolor rgb '#222222' offset 0.5,0
set logscale y
set format y '10^{%T}'
set yrange [*:*]
plot 'carms-toy-variance.dat' index 14 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'carms-toy-variance.dat' index 15 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' notitle, \
  'carms-toy-variance.dat' index 16 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' notitle, \
  'carms-toy-variance.dat' index 17 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'carms-toy-variance.dat' index 18 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 9 pointsize 0.6 linecolor rgb '#009E73' notitle, \
  'carms-toy-variance.dat' index 19 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'carms-toy-variance.dat' index 20 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 11 pointsize 0.6 linecolor rgb '#CC79A7' notitle

set lmargin at screen 0.59767
set rmargin at screen 0.98140
set bmargin at screen 0.14497
set tmargin at screen 0.47633
set title 'K = 1000, entropy 3.30 nats' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'coordinate' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [0.5:9.5]
set ylabel 'variance' noenhanced textcolor rgb '#222222' offset 0.5,0
set logscale y
set format y '10^{%T}'
set yrange [*:*]
plot 'carms-toy-variance.dat' index 21 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'carms-toy-variance.dat' index 22 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' notitle, \
  'carms-toy-variance.dat' index 23 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' notitle, \
  'carms-toy-variance.dat' index 24 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'carms-toy-variance.dat' index 25 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 9 pointsize 0.6 linecolor rgb '#009E73' notitle, \
  'carms-toy-variance.dat' index 26 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'carms-toy-variance.dat' index 27 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 11 pointsize 0.6 linecolor rgb '#CC79A7' notitle

set lmargin at screen 0
set rmargin at screen 1
set bmargin at screen 0
set tmargin at screen 0.05325
unset title
unset xlabel
unset ylabel
unset logscale
unset border
unset tics
unset grid
set key center center horizontal reverse Left maxcols 4 noenhanced samplen 2 textcolor rgb '#222222'
plot [0:1][0:1] NaN with points pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' title 'loorf:3', \
  NaN with points pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' title 'unord:3', \
  NaN with points pointtype 9 pointsize 0.6 linecolor rgb '#009E73' title 'carms-i:3', \
  NaN with points pointtype 11 pointsize 0.6 linecolor rgb '#CC79A7' title 'carms-g:3'

unset multiplot
