# Draw with: gnuplot arms-toy-variance.gp
set terminal svg size 860,996 enhanced background '#ffffff' font 'Helvetica,Arial,sans-serif,13' linewidth 1
set output 'arms-toy-variance.svg'
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
set bmargin at screen 0.74096
set tmargin at screen 0.96586
set title 'n = 2' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'p' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [0.0:1.0]
set ylabel 'variance' noenhanced textcolor rgb '#222222' offset 0.5,0
set logscale y
set format y '10^{%T}'
set yrange [*:*]
plot 'arms-toy-variance.dat' index 0 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'arms-toy-variance.dat' index 1 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' notitle, \
  'arms-toy-variance.dat' index 2 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'arms-toy-variance.dat' index 3 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' notitle, \
  'arms-toy-variance.dat' index 4 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'arms-toy-variance.dat' index 5 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 9 pointsize 0.6 linecolor rgb '#009E73' notitle, \
  'arms-toy-variance.dat' index 6 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'arms-toy-variance.dat' index 7 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 11 pointsize 0.6 linecolor rgb '#CC79A7' notitle, \
  'arms-toy-variance.dat' index 8 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'arms-toy-variance.dat' index 9 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 13 pointsize 0.6 linecolor rgb '#E69F00' notitle

set lmargin at screen 0.59767
set rmargin at screen 0.98140
set bmargin at screen 0.74096
set tmargin at screen 0.96586
set title 'n = 4' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'p' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [0.0:1.0]
set ylabel 'variance' noenhanced textcolor rgb '#222222' offset 0.5,0
set logscale y
set format y '10^{%T}'
set yrange [*:*]
plot 'arms-toy-variance.dat' index 10 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'arms-toy-variance.dat' index 11 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' notitle, \
  'arms-toy-variance.dat' index 12 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'arms-toy-variance.dat' index 13 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' notitle, \
  'arms-toy-variance.dat' index 14 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'arms-toy-variance.dat' index 15 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 9 pointsize 0.6 linecolor rgb '#009E73' notitle, \
  'arms-toy-variance.dat' index 16 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'arms-toy-variance.dat' index 17 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 11 pointsize 0.6 linecolor rgb '#CC79A7' notitle, \
  'arms-toy-variance.dat' index 18 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'arms-toy-variance.dat' index 19 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 13 pointsize 0.6 linecolor rgb '#E69F00' notitle

set lmargin at screen 0.09767
set rmargin at screen 0.48140
set bmargin at screen 0.41968
set tmargin at screen 0.64458
set title 'n = 6' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'p' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [0.0:1.0]
set ylabel 'variance' noenhanced textcolor rgb '#222222' offset 0.5,0
set logscale y
set format y '10^{%T}'
set yrange [*:*]
plot 'arms-toy-variance.dat' index 20 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'arms-toy-variance.dat' index 21 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' notitle, \
  'arms-toy-variance.dat' index 22 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'arms-toy-variance.dat' index 23 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' notitle, \
  'arms-toy-variance.dat' index 24 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'arms-toy-variance.dat' index 25 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 9 pointsize 0.6 linecolor rgb '#009E73' notitle, \
  'arms-toy-variance.dat' index 26 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'arms-toy-variance.dat' index 27 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 11 pointsize 0.6 linecolor rgb '#CC79A7' notitle, \
  'arms-toy-variance.dat' index 28 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'arms-toy-variance.dat' index 29 using 1:2 with points pointtype 13 pointsize 0.6 linecolor rgb '#E69F00' notitle, \
  'arms-toy-variance.dat' index 30 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 13 pointsize 0.6 linecolor rgb '#E69F00' notitle

set lmargin at screen 0.59767
set rmargin at screen 0.98140
set bmargin at screen 0.41968
set tmargin at screen 0.64458
set title 'n = 8' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'p' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [0.0:1.0]
set ylabel 'variance' noenhanced textcolor rgb '#222222' offset 0.5,0
set logscale y
set format y '10^{%T}'
set yrange [*:*]
plot 'arms-toy-variance.dat' index 31 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'arms-toy-variance.dat' index 32 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' notitle, \
  'arms-toy-variance.dat' index 33 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'arms-toy-variance.dat' index 34 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' notitle, \
  'arms-toy-variance.dat' index 35 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'arms-toy-variance.dat' index 36 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 9 pointsize 0.6 linecolor rgb '#009E73' notitle, \
  'arms-toy-variance.dat' index 37 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'arms-toy-variance.dat' index 38 using 1:2 with points pointtype 11 pointsize 0.6 linecolor rgb '#CC79A7' notitle, \
  'arms-toy-variance.dat' index 39 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 11 pointsize 0.6 linecolor rgb '#CC79A7' notitle, \
  'arms-toy-variance.dat' index 40 using 1:2 with points pointtype 13 pointsize 0.6 linecolor rgb '#E69F00' notitle, \
  'arms-toy-variance.dat' index 41 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 13 pointsize 0.6 linecolor rgb '#E69F00' notitle

set lmargin at screen 0.09767
set rmargin at screen 0.48140
set bmargin at screen 0.09839
set tmargin at screen 0.32329
set title 'n = 10' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'p' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [0.0:1.0]
set ylabel 'variance' noenhanced textcolor rgb '#222222' offset 0.5,0
set logscale y
set format y '10^{%T}'
set yrange [*:*]
plot 'arms-toy-variance.dat' index 42 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'arms-toy-variance.dat' index 43 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' notitle, \
  'arms-toy-variance.dat' index 44 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'arms-toy-variance.dat' index 45 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' notitle, \
  'arms-toy-variance.dat' index 46 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'arms-toy-variance.dat' index 47 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 9 pointsize 0.6 linecolor rgb '#009E73' notitle, \
  'arms-toy-variance.dat' index 48 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'arms-toy-variance.dat' index 49 using 1:2 with points pointtype 11 pointsize 0.6 linecolor rgb '#CC79A7' notitle, \
  'arms-toy-variance.dat' index 50 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 11 pointsize 0.6 linecolor rgb '#CC79A7' notitle, \
  'arms-toy-variance.dat' index 51 using 1:2 with points pointtype 13 pointsize 0.6 linecolor rgb '#E69F00' notitle, \
  'arms-toy-variance.dat' index 52 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 13 pointsize 0.6 linecolor rgb '#E69F00' notitle

set lmargin at screen 0.59767
set rmargin at screen 0.98140
set bmargin at screen 0.09839
set tmargin at screen 0.32329
set title 'p = 0.3' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'n' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [*:*]
set ylabel 'variance' noenhanced textcolor rgb '#222222' offset 0.5,0
set logscale y
set format y '10^{%T}'
set yrange [*:*]
plot 'arms-toy-variance.dat' index 53 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'arms-toy-variance.dat' index 54 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' notitle, \
  'arms-toy-variance.dat' index 55 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'arms-toy-variance.dat' index 56 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' notitle, \
  'arms-toy-variance.dat' index 57 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'arms-toy-variance.dat' index 58 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 9 pointsize 0.6 linecolor rgb '#009E73' notitle, \
  'arms-toy-variance.dat' index 59 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'arms-toy-variance.dat' index 60 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 11 pointsize 0.6 linecolor rgb '#CC79A7' notitle, \
  'arms-toy-variance.dat' index 61 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'arms-toy-variance.dat' index 62 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 13 pointsize 0.6 linecolor rgb '#E69F00' notitle

set lmargin at screen 0
set rmargin at screen 1
set bmargin at screen 0
set tmargin at screen 0.03614
unset title
unset xlabel
unset ylabel
unset logscale
unset border
unset tics
unset grid
set key center center horizontal reverse Left maxcols 5 noenhanced samplen 2 textcolor rgb '#222222'
plot [0:1][0:1] NaN with points pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' title 'arm', \
  NaN with points pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' title 'disarm', \
  NaN with points pointtype 9 pointsize 0.6 linecolor rgb '#009E73' title 'loorf', \
  NaN with points pointtype 11 pointsize 0.6 linecolor rgb '#CC79A7' title 'arms', \
  NaN with points pointtype 13 pointsize 0.6 linecolor rgb '#E69F00' title 'arms-normal'

unset multiplot
